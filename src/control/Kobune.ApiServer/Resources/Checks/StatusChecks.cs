using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Checks;

/// <summary>The counters in the status of workloads.</summary>
internal static class StatusChecks
{
    public static void Counts(FieldErrorList errors, params (string Name, long? Value)[] counts)
    {
        foreach (var (name, value) in counts)
        {
            FieldRules.Nonnegative(errors, "status." + name, value);
        }
    }

    public static void AtMost(FieldErrorList errors, long max, string detail, params (string Name, long Value)[] counts)
    {
        foreach (var (name, value) in counts)
        {
            if (value > max)
            {
                errors.Invalid("status." + name, value, detail);
            }
        }
    }

    public static void NotDecremented(FieldErrorList errors, int? value, int? old)
    {
        if (old is { } before && (value ?? 0) < before)
        {
            errors.Invalid("status.collisionCount", value ?? 0, "cannot be decremented");
        }
    }
}
