using System.Globalization;
using System.Text;

namespace Kobune.Kubelet.Formats;

/// <summary>Durations and times in the spelling of Go, which events, messages and CRI logs use.</summary>
internal static class GoTime
{
    /// <summary>2m40s, 1.234s, 345ms, 12µs, 0s.</summary>
    public static string Duration(TimeSpan value)
    {
        if (value == TimeSpan.Zero)
        {
            return "0s";
        }

        var text = new StringBuilder();
        if (value < TimeSpan.Zero)
        {
            text.Append('-');
            value = -value;
        }

        if (value < TimeSpan.FromMilliseconds(1))
        {
            return text.Append(Trim(value.TotalMicroseconds)).Append("µs").ToString();
        }

        if (value < TimeSpan.FromSeconds(1))
        {
            return text.Append(Trim(value.TotalMilliseconds)).Append("ms").ToString();
        }

        var hours = (long)value.TotalHours;
        if (hours > 0)
        {
            text.Append(hours).Append('h');
        }

        if (hours > 0 || value.Minutes > 0)
        {
            text.Append(value.Minutes).Append('m');
        }

        var seconds = (value.Ticks % TimeSpan.TicksPerMinute) / (decimal)TimeSpan.TicksPerSecond;
        return text.Append(seconds.ToString("0.#########", CultureInfo.InvariantCulture)).Append('s').ToString();
    }

    /// <summary>Without the digits below a millisecond.</summary>
    public static TimeSpan Milliseconds(TimeSpan value) => TimeSpan.FromMilliseconds(Math.Floor(value.TotalMilliseconds));

    public static string Rfc3339Nano(DateTimeOffset value) =>
        value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff", CultureInfo.InvariantCulture).TrimEnd('0').TrimEnd('.') + "Z";

    public static DateTimeOffset FromUnixNano(long nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100);

    private static string Trim(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);
}
