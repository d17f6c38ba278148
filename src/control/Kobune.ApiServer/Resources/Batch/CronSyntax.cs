using System.Globalization;
using Kobune.Api;

namespace Kobune.ApiServer.Resources.Batch;

/// <summary>Whether a cron expression is well-formed; the sentences are those of the cron library that upstream uses.</summary>
internal static class CronSyntax
{
    private static readonly Field[] Fields =
    [
        new(0, 59, []),
        new(0, 23, []),
        new(1, 31, []),
        new(1, 12, ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
        new(0, 6, ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
    ];

    /// <summary>What is wrong, or null.</summary>
    public static string? Error(string schedule)
    {
        if (schedule.StartsWith('@'))
        {
            return Descriptor(schedule);
        }

        var parts = schedule.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length != Fields.Length)
        {
            return $"expected exactly 5 fields, found {parts.Length}: [{string.Join(' ', parts)}]";
        }

        return parts.Zip(Fields).SelectMany(p => p.First.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(e => Range(e, p.Second))).FirstOrDefault(e => e is not null);
    }

    private static string? Descriptor(string text)
    {
        if (text is "@yearly" or "@annually" or "@monthly" or "@weekly" or "@daily" or "@midnight" or "@hourly")
        {
            return null;
        }

        const string Every = "@every ";
        if (text.StartsWith(Every, StringComparison.Ordinal))
        {
            return GoDuration.TryParse(text[Every.Length..], out _) ? null : $"failed to parse duration {text}: time: invalid duration \"{text[Every.Length..]}\"";
        }

        return "unrecognized descriptor: " + text;
    }

    private static string? Range(string text, Field field)
    {
        var steps = text.Split('/');
        var bounds = steps[0].Split('-');
        int start;
        int end;
        if (bounds[0] is "*" or "?")
        {
            (start, end) = (field.Min, field.Max);
        }
        else
        {
            if (Number(bounds[0], field, out start) is { } wrong)
            {
                return wrong;
            }

            end = start;
            if (bounds.Length == 2 && Number(bounds[1], field, out end) is { } wrongEnd)
            {
                return wrongEnd;
            }

            if (bounds.Length > 2)
            {
                return "too many hyphens: " + text;
            }
        }

        var step = 1;
        if (steps.Length > 2)
        {
            return "too many slashes: " + text;
        }

        if (steps.Length == 2)
        {
            if (Whole(steps[1], out step) is { } wrongStep)
            {
                return wrongStep;
            }

            end = bounds.Length == 1 && bounds[0] is not ("*" or "?") ? field.Max : end;
        }

        return start < field.Min ? $"beginning of range ({start}) below minimum ({field.Min}): {text}"
            : end > field.Max ? $"end of range ({end}) above maximum ({field.Max}): {text}"
            : start > end ? $"beginning of range ({start}) beyond end of range ({end}): {text}"
            : step == 0 ? $"step of range should be a positive number: {text}" : null;
    }

    private static string? Number(string text, Field field, out int value)
    {
        var index = Array.IndexOf(field.Names, text.ToLowerInvariant());
        value = index + field.Min;
        return index >= 0 ? null : Whole(text, out value);
    }

    private static string? Whole(string text, out int value) =>
        !int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) ? $"failed to parse int from {text}: strconv.Atoi: parsing \"{text}\": invalid syntax"
        : value < 0 ? $"negative number ({value}) not allowed: {text}" : null;

    private sealed record Field(int Min, int Max, string[] Names);
}
