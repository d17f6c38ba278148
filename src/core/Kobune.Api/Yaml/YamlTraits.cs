namespace Kobune.Api;

using System.Text;

/// <summary>Which styles can carry a text unchanged.</summary>
internal readonly record struct YamlTraits(bool PlainAllowed, bool SingleAllowed, bool BlockAllowed)
{
    internal static YamlTraits Of(string s)
    {
        if (s.Length == 0)
        {
            return new YamlTraits(false, true, false);
        }

        var indicators = s.StartsWith("---", StringComparison.Ordinal) || s.StartsWith("...", StringComparison.Ordinal) || Indicators(s);
        bool special = false, breaks = false, spaceBreak = false, breakSpace = false;
        var previous = new Rune('x');
        foreach (var rune in s.EnumerateRunes())
        {
            special |= !IsPrintable(rune);
            var isBreak = IsBreak(rune);
            breaks |= isBreak;
            spaceBreak |= isBreak && previous.Value == ' ';
            breakSpace |= rune.Value == ' ' && IsBreak(previous);
            previous = rune;
        }

        var edge = s[0] is ' ' or '\n' || s[^1] is ' ' or '\n';
        var hostile = spaceBreak || special;
        return new YamlTraits(
            PlainAllowed: !indicators && !edge && !breaks && !hostile && !breakSpace,
            SingleAllowed: !hostile && !breakSpace,
            BlockAllowed: !hostile && s[^1] != ' ');
    }

    /// <summary>Tab, the C1 controls, surrogates and the byte order mark are not printable to YAML.</summary>
    internal static bool IsPrintable(Rune rune) => rune.Value is '\n' or (>= 0x20 and <= 0x7E) or (>= 0xA0 and <= 0xD7FF) or (>= 0xE000 and <= 0xFFFD and not 0xFEFF) or > 0xFFFF;

    private static bool IsBreak(Rune rune) => rune.Value is '\r' or '\n' or 0x85 or 0x2028 or 0x2029;

    private static bool Indicators(string s)
    {
        for (var i = 0; i < s.Length; i++)
        {
            var blankNext = i + 1 == s.Length || s[i + 1] is ' ' or '\t' or '\n' or '\r';
            var found = i == 0
                ? s[i] is '#' or ',' or '[' or ']' or '{' or '}' or '&' or '*' or '!' or '|' or '>' or '\'' or '"' or '%' or '@' or '`'
                    || (s[i] is '-' or '?' or ':' && blankNext)
                : (s[i] == ':' && blankNext) || (s[i] == '#' && s[i - 1] is ' ' or '\t' or '\n' or '\r');
            if (found)
            {
                return true;
            }
        }

        return false;
    }
}
