namespace Kobune.ApiServer.Resources.Shared;

/// <summary>Which pull policy an image reference implies.</summary>
internal static class ImageTag
{
    /// <summary>Always for the tag latest, written or implied; IfNotPresent for other tags and for digests.</summary>
    public static string DefaultPullPolicy(string image) => IsLatest(image) ? "Always" : "IfNotPresent";

    private static bool IsLatest(string image)
    {
        // A reference that does not parse has no tag, so it counts as "not latest".
        if (image.Length == 0 || image.Contains('@') || image.AsSpan().IndexOfAny(' ', '\t') >= 0)
        {
            return false;
        }

        var name = image.AsSpan(image.LastIndexOf('/') + 1);
        var colon = name.IndexOf(':');
        return name.Length > 0 && (colon < 0 ? IsLowerCase(name) : name[(colon + 1)..].SequenceEqual("latest"));
    }

    private static bool IsLowerCase(ReadOnlySpan<char> name)
    {
        foreach (var c in name)
        {
            if (char.IsAsciiLetterUpper(c))
            {
                return false;
            }
        }

        return true;
    }
}
