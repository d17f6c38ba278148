using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;

namespace Kobune.ApiServer.CustomResources.Schemas;

/// <summary>Regular expressions as schemas and rules write them (RE2), run in linear time like there.</summary>
internal static class Patterns
{
    private const int MaxCached = 2000;
    private static readonly ConcurrentDictionary<string, Regex> Cache = new(StringComparer.Ordinal);

    /// <exception cref="ArgumentException">Not a regular expression, or one that linear time cannot do.</exception>
    public static Regex Of(string pattern)
    {
        if (Cache.TryGetValue(pattern, out var known))
        {
            return known;
        }

        Regex made;
        try
        {
            made = new Regex(Translate(pattern), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (NotSupportedException e)
        {
            throw new ArgumentException(e.Message, e);
        }

        if (Cache.Count >= MaxCached)
        {
            Cache.Clear();
        }

        return Cache[pattern] = made;
    }

    /// <summary>Where the two notations differ: named groups, POSIX classes, and $, which here would also match before a last line break.</summary>
    private static string Translate(string pattern)
    {
        var result = new StringBuilder(pattern.Length + 8);
        var inClass = false;
        for (var i = 0; i < pattern.Length; i++)
        {
            var rest = pattern.AsSpan(i);
            switch (pattern[i])
            {
                case '\\' when i + 1 < pattern.Length:
                    result.Append(pattern[i + 1] switch
                    {
                        'd' => inClass ? "0-9" : "[0-9]",
                        'D' when !inClass => "[^0-9]",
                        'w' => inClass ? "0-9A-Za-z_" : "[0-9A-Za-z_]",
                        'W' when !inClass => "[^0-9A-Za-z_]",
                        _ => pattern.Substring(i, 2),
                    });
                    i++;
                    break;
                case '(' when !inClass && rest.StartsWith("(?P<"):
                    result.Append("(?<");
                    i += 3;
                    break;
                case '$' when !inClass:
                    result.Append(@"\z");
                    break;
                case '[' when inClass && rest.StartsWith("[:") && pattern.IndexOf(":]", i, StringComparison.Ordinal) is > 0 and var end:
                    result.Append(Posix(pattern[(i + 2)..end]));
                    i = end + 1;
                    break;
                case '[' when inClass:
                    result.Append(@"\[");
                    break;
                case '[':
                    inClass = true;
                    result.Append('[');
                    break;
                case ']':
                    inClass = false;
                    result.Append(']');
                    break;
                default:
                    result.Append(pattern[i]);
                    break;
            }
        }

        return result.ToString();
    }

    private static string Posix(string name) => name switch
    {
        "alnum" => "0-9A-Za-z",
        "alpha" => "A-Za-z",
        "digit" => "0-9",
        "lower" => "a-z",
        "upper" => "A-Z",
        "space" => @"\t\n\v\f\r ",
        "word" => "0-9A-Za-z_",
        "xdigit" => "0-9A-Fa-f",
        "punct" => @"!-/:-@\[-`{-~",
        "blank" => @"\t ",
        _ => throw new ArgumentException($"invalid character class range: `[:{name}:]`"),
    };
}
