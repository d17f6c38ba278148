namespace Kobune.Api;

using System.Globalization;

/// <summary>One field of a cron schedule: its bounds and the names of its values, from the lowest on.</summary>
internal sealed record CronField(int Min, int Max, string[] Names)
{
    /// <summary>A field that restricts nothing (also with a step, as in <c>*/2</c>).</summary>
    public static bool IsAny(string text) => text.Split(',').Any(part => part.Split('/')[0] is "*" or "?");

    /// <summary>Reads a list of ranges into a bit per value; returns what is wrong, or null.</summary>
    public string? Read(string text, out ulong mask)
    {
        mask = 0;
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (Range(part, ref mask) is { } wrong)
            {
                return wrong;
            }
        }

        return null;
    }

    private string? Range(string text, ref ulong mask)
    {
        var steps = text.Split('/');
        var bounds = steps[0].Split('-');
        var step = 1;
        if (Bounds(text, bounds, out var start, out var end) is { } wrong)
        {
            return wrong;
        }

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

            end = bounds.Length == 1 && bounds[0] is not ("*" or "?") ? Max : end;
        }

        var error = start < Min ? $"beginning of range ({start}) below minimum ({Min}): {text}"
            : end > Max ? $"end of range ({end}) above maximum ({Max}): {text}"
            : start > end ? $"beginning of range ({start}) beyond end of range ({end}): {text}"
            : step == 0 ? $"step of range should be a positive number: {text}" : null;
        for (var value = start; error is null && value <= end; value += step)
        {
            mask |= 1UL << value;
        }

        return error;
    }

    private string? Bounds(string text, string[] bounds, out int start, out int end)
    {
        (start, end) = (Min, Max);
        if (bounds[0] is "*" or "?")
        {
            return null;
        }

        if (Number(bounds[0], out start) is { } wrong)
        {
            return wrong;
        }

        end = start;
        return bounds.Length == 2 && Number(bounds[1], out end) is { } wrongEnd ? wrongEnd
            : bounds.Length > 2 ? "too many hyphens: " + text : null;
    }

    private string? Number(string text, out int value)
    {
        var index = Array.IndexOf(Names, text.ToLowerInvariant());
        value = index + Min;
        return index >= 0 ? null : Whole(text, out value);
    }

    private static string? Whole(string text, out int value) =>
        !int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) ? $"failed to parse int from {text}: strconv.Atoi: parsing \"{text}\": invalid syntax"
        : value < 0 ? $"negative number ({value}) not allowed: {text}" : null;
}
