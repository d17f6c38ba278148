namespace Kobune.Api;

using System.Globalization;
using System.Text;

/// <summary>Durations as Go prints and reads them: 1h2m3.5s, 150ms.</summary>
public static class GoDuration
{
    private static readonly (string Unit, decimal Ticks)[] Units =
        [("ns", 0.01m), ("us", 10), ("µs", 10), ("ms", TimeSpan.TicksPerMillisecond), ("s", TimeSpan.TicksPerSecond), ("m", TimeSpan.TicksPerMinute), ("h", TimeSpan.TicksPerHour)];

    public static string Format(TimeSpan value)
    {
        if (value == TimeSpan.Zero)
        {
            return "0s";
        }

        var b = new StringBuilder();
        var ticks = Math.Abs((decimal)value.Ticks);
        if (value < TimeSpan.Zero)
        {
            b.Append('-');
        }

        if (ticks < TimeSpan.TicksPerSecond)
        {
            var (unit, size) = ticks >= TimeSpan.TicksPerMillisecond ? Units[3] : ticks >= 10 ? Units[2] : Units[0];
            return b.Append((ticks / size).ToString("0.######", CultureInfo.InvariantCulture)).Append(unit).ToString();
        }

        var hours = decimal.Floor(ticks / TimeSpan.TicksPerHour);
        var minutes = decimal.Floor(ticks % TimeSpan.TicksPerHour / TimeSpan.TicksPerMinute);
        if (hours > 0)
        {
            b.Append(hours.ToString("0", CultureInfo.InvariantCulture)).Append('h');
        }

        if (hours > 0 || minutes > 0)
        {
            b.Append(minutes.ToString("0", CultureInfo.InvariantCulture)).Append('m');
        }

        var seconds = ticks % TimeSpan.TicksPerMinute / TimeSpan.TicksPerSecond;
        return b.Append(seconds.ToString("0.#######", CultureInfo.InvariantCulture)).Append('s').ToString();
    }

    public static bool TryParse(string text, out TimeSpan value)
    {
        value = default;
        var s = text.AsSpan();
        var negative = s.StartsWith("-");
        s = s.Length > 0 && s[0] is '-' or '+' ? s[1..] : s;
        if (s.SequenceEqual("0"))
        {
            return true;
        }

        decimal total = 0;
        if (s.IsEmpty)
        {
            return false;
        }

        while (!s.IsEmpty)
        {
            var n = s.IndexOfAnyExcept("0123456789.");
            if (n <= 0 || !decimal.TryParse(s[..n], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return false;
            }

            s = s[n..];
            var u = s.IndexOfAny("0123456789.");
            var unit = (u < 0 ? s : s[..u]).ToString();
            var match = Array.Find(Units, x => x.Unit == unit);
            if (match.Unit == null)
            {
                return false;
            }

            total += number * match.Ticks;
            s = s[unit.Length..];
        }

        if (total > long.MaxValue)
        {
            return false;
        }

        value = TimeSpan.FromTicks((long)(negative ? -total : total));
        return true;
    }
}
