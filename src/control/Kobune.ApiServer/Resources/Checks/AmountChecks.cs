using Kobune.Api;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Checks;

/// <summary>Amounts that are numbers or percentages: maxUnavailable, maxSurge, minAvailable.</summary>
internal static class AmountChecks
{
    private const string PercentText = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

    public static void PositiveOrPercent(FieldErrorList errors, string path, IntOrString? amount)
    {
        if (amount is not { } value)
        {
            return;
        }

        if (!value.IsString)
        {
            FieldRules.Nonnegative(errors, path, value.IntValue);
        }
        else if (Percent(value) is null)
        {
            errors.Invalid(path, value, PercentText);
        }
    }

    public static void AtMostAll(FieldErrorList errors, string path, IntOrString? amount)
    {
        if (amount is { } value && Percent(value) > 100)
        {
            errors.Invalid(path, value, "must not be greater than 100%");
        }
    }

    /// <summary>The number or the number of per cents; 0 when absent or unreadable.</summary>
    public static long Number(IntOrString? amount) => amount is not { } value ? 0 : value.IsString ? Percent(value) ?? 0 : value.IntValue;

    private static long? Percent(IntOrString value)
    {
        var text = value.StringValue;
        return value.IsString && text.Length > 1 && text[^1] == '%' && text.AsSpan(0, text.Length - 1).IndexOfAnyExceptInRange('0', '9') < 0
            && long.TryParse(text.AsSpan(0, text.Length - 1), out var number) ? number : null;
    }
}
