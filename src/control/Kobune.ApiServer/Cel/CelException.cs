namespace Kobune.ApiServer.Cel;

/// <summary>An expression could not be evaluated: no such key, no such overload, overflow. || and &amp;&amp; may absorb it.</summary>
internal class CelException(string message) : Exception(message);

/// <summary>An evaluation that would take too long; nothing absorbs it.</summary>
internal sealed class CelCostException() : Exception("operation cancelled: actual cost limit exceeded");

/// <summary>The text is no expression, or names what does not exist.</summary>
internal sealed class CelSyntaxException(string message, int offset) : Exception(message)
{
    public int Offset { get; } = offset;

    /// <summary>As upstream shows it: line, column, the line and a mark below it.</summary>
    public string Explain(string source)
    {
        var line = 1;
        var start = 0;
        for (var i = 0; i < Math.Min(Offset, source.Length); i++)
        {
            if (source[i] == '\n')
            {
                line++;
                start = i + 1;
            }
        }

        var column = Math.Min(Offset, source.Length) - start;
        var end = source.IndexOf('\n', start);
        return $"ERROR: <input>:{line}:{column + 1}: {Message}\n | {source[start..(end < 0 ? source.Length : end)]}\n | {new string('.', column)}^";
    }
}
