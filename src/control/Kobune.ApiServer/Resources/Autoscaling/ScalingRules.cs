using Kobune.Api.Autoscaling.V2;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Autoscaling;

/// <summary>How fast an autoscaler may scale: spec.behavior.</summary>
internal static class ScalingRules
{
    private const int MaxWindowSeconds = 3600;
    private const int MaxPeriodSeconds = 1800;

    public static HPAScalingRules Up() => new()
    {
        StabilizationWindowSeconds = 0,
        SelectPolicy = "Max",
        Policies = [new() { Type = "Pods", Value = 4, PeriodSeconds = 15 }, new() { Type = "Percent", Value = 100, PeriodSeconds = 15 }],
    };

    public static HPAScalingRules Down() => new() { SelectPolicy = "Max", Policies = [new() { Type = "Percent", Value = 100, PeriodSeconds = 15 }] };

    public static HPAScalingRules WithDefaults(HPAScalingRules? given, Func<HPAScalingRules> defaults)
    {
        var rules = defaults();
        if (given is null)
        {
            return rules;
        }

        given.SelectPolicy ??= rules.SelectPolicy;
        given.StabilizationWindowSeconds ??= rules.StabilizationWindowSeconds;
        given.Policies = given.Policies.Count == 0 ? rules.Policies : given.Policies;
        return given;
    }

    public static void Check(HPAScalingRules? rules, string path, FieldErrorList errors)
    {
        if (rules is null)
        {
            return;
        }

        FieldRules.Nonnegative(errors, path + ".stabilizationWindowSeconds", rules.StabilizationWindowSeconds);
        if (rules.StabilizationWindowSeconds > MaxWindowSeconds)
        {
            errors.Invalid(path + ".stabilizationWindowSeconds", rules.StabilizationWindowSeconds, $"must be less than or equal to {MaxWindowSeconds}");
        }

        if (rules.SelectPolicy is { } select)
        {
            FieldRules.OneOf(errors, path + ".selectPolicy", select, "Disabled", "Max", "Min");
        }

        if (rules.Policies.Count == 0)
        {
            errors.Required(path + ".policies", "must specify at least one Policy");
        }

        for (var i = 0; i < rules.Policies.Count; i++)
        {
            var policy = rules.Policies[i];
            var at = $"{path}.policies[{i}]";
            FieldRules.OneOf(errors, at + ".type", policy.Type, "Percent", "Pods");
            FieldRules.Positive(errors, at + ".value", policy.Value);
            FieldRules.Positive(errors, at + ".periodSeconds", policy.PeriodSeconds);
            if (policy.PeriodSeconds > MaxPeriodSeconds)
            {
                errors.Invalid(at + ".periodSeconds", policy.PeriodSeconds, $"must be less than or equal to {MaxPeriodSeconds}");
            }
        }
    }
}
