namespace Kobune.ApiServer.Patching;

/// <summary>A parsed JSON Pointer (RFC 6901): the reference tokens, unescaped.</summary>
internal static class JsonPointer
{
    /// <exception cref="PatchException">The pointer is not empty and does not start with a slash.</exception>
    public static string[] Parse(string pointer)
    {
        if (pointer.Length == 0)
        {
            return [];
        }
        if (pointer[0] != '/')
        {
            throw new PatchException($"invalid JSON pointer {pointer}: it must be empty or start with \"/\"", PatchFailure.Malformed);
        }
        var tokens = pointer[1..].Split('/');
        for (var i = 0; i < tokens.Length; i++)
        {
            if (tokens[i].Contains('~'))
            {
                tokens[i] = tokens[i].Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            }
        }
        return tokens;
    }
}
