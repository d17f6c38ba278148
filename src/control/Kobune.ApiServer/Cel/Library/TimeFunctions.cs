namespace Kobune.ApiServer.Cel.Library;

/// <summary>Parts of timestamps (in UTC, or a zone given by name or offset) and durations.</summary>
internal static class TimeFunctions
{
    public static void AddTo(Dictionary<string, CelFunction> methods)
    {
        methods["getFullYear"] = static (in CelArguments c) => (long)Local(c).Year;
        methods["getMonth"] = static (in CelArguments c) => (long)Local(c).Month - 1;
        methods["getDate"] = static (in CelArguments c) => (long)Local(c).Day;
        methods["getDayOfMonth"] = static (in CelArguments c) => (long)Local(c).Day - 1;
        methods["getDayOfWeek"] = static (in CelArguments c) => (long)Local(c).DayOfWeek;
        methods["getDayOfYear"] = static (in CelArguments c) => (long)Local(c).DayOfYear - 1;
        methods["getHours"] = static (in CelArguments c) => c.Self is TimeSpan span ? (long)span.TotalHours : Local(c).Hour;
        methods["getMinutes"] = static (in CelArguments c) => c.Self is TimeSpan span ? (long)span.TotalMinutes : Local(c).Minute;
        methods["getSeconds"] = static (in CelArguments c) => c.Self is TimeSpan span ? (long)span.TotalSeconds : Local(c).Second;
        methods["getMilliseconds"] = static (in CelArguments c) => c.Self is TimeSpan span ? span.Milliseconds : (long)Local(c).Millisecond;
    }

    private static DateTimeOffset Local(in CelArguments c)
    {
        var time = c.SelfAs<DateTimeOffset>().ToUniversalTime();
        if (c.Count == 0)
        {
            return time;
        }

        var zone = c.As<string>(0);
        if (TimeSpan.TryParse(zone.TrimStart('+'), System.Globalization.CultureInfo.InvariantCulture, out var offset))
        {
            return time.ToOffset(offset);
        }

        return TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) ? TimeZoneInfo.ConvertTime(time, found) : throw new CelException($"unknown time zone {zone}");
    }
}
