namespace Kobune.Api;

using System.Globalization;

/// <summary>The two spellings of an instant (RFC 3339, UTC): whole seconds, and microseconds for leases and events.</summary>
public static class KubeTime
{
    public static string Seconds(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static string Micro(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>Cuts to whole seconds, what a stored timestamp keeps.</summary>
    public static DateTimeOffset Truncate(DateTimeOffset time) => new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero);

    /// <summary>Reads RFC 3339 with any offset and fraction.</summary>
    public static bool TryParse(ReadOnlySpan<char> s, out DateTimeOffset time)
    {
        time = default;
        if (s.Length == 20 && s[19] == 'Z' && s[10] == 'T')
        {
            return TryParts(s, out time);
        }

        return s.Length >= 20 && s[4] == '-' && s[7] == '-' && s[10] is 'T' or 't' && s[13] == ':' && s[16] == ':'
            && (s[^1] is 'Z' or 'z' || s[^3] == ':')
            && DateTimeOffset.TryParse(s, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out time);
    }

    public static DateTimeOffset Parse(string text) =>
        TryParse(text, out var time) ? time : throw new FormatException(ErrorFor(text));

    internal static string ErrorFor(string text) =>
        $"parsing time \"{text}\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"{text}\" as \"2006\"";

    private static bool TryParts(ReadOnlySpan<char> s, out DateTimeOffset time)
    {
        time = default;
        if (!Digits(s, 0, 4, out var y) || !Digits(s, 5, 2, out var mo) || !Digits(s, 8, 2, out var d)
            || !Digits(s, 11, 2, out var h) || !Digits(s, 14, 2, out var mi) || !Digits(s, 17, 2, out var sec)
            || s[4] != '-' || s[7] != '-' || s[13] != ':' || s[16] != ':'
            || y < 1 || mo is < 1 or > 12 || d < 1 || d > DateTime.DaysInMonth(y, mo) || h > 23 || mi > 59 || sec > 59)
        {
            return false;
        }

        time = new DateTimeOffset(y, mo, d, h, mi, sec, TimeSpan.Zero);
        return true;
    }

    private static bool Digits(ReadOnlySpan<char> s, int at, int count, out int value)
    {
        value = 0;
        for (var i = at; i < at + count; i++)
        {
            if (!char.IsAsciiDigit(s[i]))
            {
                return false;
            }

            value = (value * 10) + (s[i] - '0');
        }

        return true;
    }
}
