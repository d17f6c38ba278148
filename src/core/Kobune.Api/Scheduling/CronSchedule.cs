namespace Kobune.Api;

/// <summary>
/// Times in cron format: five fields (minute, hour, day of month, month, day of week), a descriptor such as <c>@hourly</c>,
/// or <c>@every 90s</c>. When both day fields are restricted, either is enough.
/// </summary>
public sealed class CronSchedule
{
    private static readonly CronField[] Fields =
    [
        new(0, 59, []),
        new(0, 23, []),
        new(1, 31, []),
        new(1, 12, ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
        new(0, 6, ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
    ];

    private readonly ulong[] _masks;
    private readonly bool _anyDay;
    private readonly TimeSpan? _every;

    private CronSchedule(ulong[] masks, bool anyDay, TimeSpan? every = null)
    {
        _masks = masks;
        _anyDay = anyDay;
        _every = every;
    }

    /// <summary>What is wrong with the text, in the words of the library that upstream uses; or null.</summary>
    public static string? Error(string text) => Read(text, out _);

    /// <exception cref="FormatException">the text is no schedule</exception>
    public static CronSchedule Parse(string text) => Read(text, out var schedule) is { } error ? throw new FormatException(error) : schedule!;

    /// <summary>
    /// The first time after <paramref name="after"/>, on the wall clock of the zone; null when there is none in five years
    /// (the 31st of February). A time that daylight saving skips is skipped, one that it repeats comes twice.
    /// </summary>
    public DateTimeOffset? Next(DateTimeOffset after, TimeZoneInfo zone)
    {
        if (_every is { } period)
        {
            return new DateTimeOffset(after.UtcTicks - (after.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero) + period;
        }

        var time = new DateTimeOffset(after.UtcTicks - (after.UtcTicks % TimeSpan.TicksPerMinute), TimeSpan.Zero).AddMinutes(1);
        var end = time.AddYears(5);
        while (time < end)
        {
            var local = TimeZoneInfo.ConvertTime(time, zone).DateTime;
            if (!Has(3, local.Month))
            {
                time = StartOf(new DateTime(local.Year, local.Month, 1).AddMonths(1), zone, time);
            }
            else if (!HasDay(local))
            {
                time = StartOf(local.Date.AddDays(1), zone, time);
            }
            else if (!Has(1, local.Hour))
            {
                time = time.AddMinutes(60 - local.Minute);
            }
            else if (!Has(0, local.Minute))
            {
                time = time.AddMinutes(1);
            }
            else
            {
                return time;
            }
        }

        return null;
    }

    private bool HasDay(DateTime local) => _anyDay
        ? Has(2, local.Day) && Has(4, (int)local.DayOfWeek)
        : Has(2, local.Day) || Has(4, (int)local.DayOfWeek);

    private bool Has(int field, int value) => (_masks[field] & (1UL << value)) != 0;

    // Midnight of that day, or what the zone has in its place; always later than where we are.
    private static DateTimeOffset StartOf(DateTime day, TimeZoneInfo zone, DateTimeOffset now)
    {
        var start = day;
        while (zone.IsInvalidTime(start))
        {
            start = start.AddMinutes(15);
        }

        var offset = zone.IsAmbiguousTime(start) ? zone.GetAmbiguousTimeOffsets(start).Max() : zone.GetUtcOffset(start);
        var time = new DateTimeOffset(DateTime.SpecifyKind(start, DateTimeKind.Unspecified), offset).ToUniversalTime();
        return time > now ? time : now.AddMinutes(1);
    }

    private static string? Read(string text, out CronSchedule? schedule)
    {
        schedule = null;
        if (text.StartsWith('@'))
        {
            return Descriptor(text, out schedule);
        }

        var parts = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length != Fields.Length)
        {
            return $"expected exactly 5 fields, found {parts.Length}: [{string.Join(' ', parts)}]";
        }

        var masks = new ulong[Fields.Length];
        for (var i = 0; i < masks.Length; i++)
        {
            if (Fields[i].Read(parts[i], out masks[i]) is { } wrong)
            {
                return wrong;
            }
        }

        schedule = new CronSchedule(masks, CronField.IsAny(parts[2]) || CronField.IsAny(parts[4]));
        return null;
    }

    private static string? Descriptor(string text, out CronSchedule? schedule)
    {
        const string Every = "@every ";
        schedule = null;
        if (text.StartsWith(Every, StringComparison.Ordinal))
        {
            if (!GoDuration.TryParse(text[Every.Length..], out var period))
            {
                return $"failed to parse duration {text}: time: invalid duration \"{text[Every.Length..]}\"";
            }

            // Whole seconds, at least one.
            schedule = new CronSchedule([], anyDay: true, TimeSpan.FromSeconds(Math.Max(1, Math.Floor(period.TotalSeconds))));
            return null;
        }

        var fields = text switch
        {
            "@yearly" or "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" or "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            _ => null,
        };
        return fields is null ? "unrecognized descriptor: " + text : Read(fields, out schedule);
    }
}
