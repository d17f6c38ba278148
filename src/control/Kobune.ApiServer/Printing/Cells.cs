using System.Globalization;
using System.Text;
using Kobune.Api;

namespace Kobune.ApiServer.Printing;

/// <summary>The cells of one row, as JSON values.</summary>
internal sealed class Cells(DateTimeOffset now)
{
    public List<RawJson> Values { get; } = [];

    public DateTimeOffset Now => now;

    public Cells Text(string? value)
    {
        Values.Add(RawJson.Text(value ?? ""));
        return this;
    }

    public Cells Number(long value)
    {
        Values.Add(RawJson.Parse(value.ToString(CultureInfo.InvariantCulture)));
        return this;
    }

    public Cells Flag(bool value)
    {
        Values.Add(RawJson.Parse(value ? "true" : "false"));
        return this;
    }

    public Cells Age(DateTimeOffset? since) => Text(AgeText(since));

    public string AgeText(DateTimeOffset? since) => since is { } time ? Duration(now - time) : "<unknown>";

    /// <summary>Durations as people read them: the two largest units, fewer the longer it is.</summary>
    public static string Duration(TimeSpan span)
    {
        var seconds = (long)span.TotalSeconds;
        if (seconds < -1)
        {
            return "<invalid>";
        }

        if (seconds < 0)
        {
            return "0s";
        }

        if (seconds < 60 * 2)
        {
            return $"{seconds}s";
        }

        var minutes = seconds / 60;
        if (minutes < 10)
        {
            return seconds % 60 == 0 ? $"{minutes}m" : $"{minutes}m{seconds % 60}s";
        }

        if (minutes < 60 * 3)
        {
            return $"{minutes}m";
        }

        var hours = minutes / 60;
        if (hours < 8)
        {
            return minutes % 60 == 0 ? $"{hours}h" : $"{hours}h{minutes % 60}m";
        }

        if (hours < 48)
        {
            return $"{hours}h";
        }

        if (hours < 24 * 8)
        {
            return hours % 24 == 0 ? $"{hours / 24}d" : $"{hours / 24}d{hours % 24}h";
        }

        if (hours < 24 * 365 * 2)
        {
            return $"{hours / 24}d";
        }

        var years = hours / 24 / 365;
        var days = hours / 24 % 365;
        return hours < 24 * 365 * 8 && days > 0 ? $"{years}y{days}d" : $"{years}y";
    }
}
