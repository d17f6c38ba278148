using Kobune.Api.Scheduling.V1;
using Kobune.ApiServer.Admission.Plugins;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Scheduling;

internal sealed class PriorityClassHooks : TypedHooks<PriorityClass>
{
    protected override void Default(PriorityClass obj) => obj.PreemptionPolicy ??= "PreemptLowerPriority";

    protected override void Validate(PriorityClass obj, FieldErrorList errors)
    {
        if (obj.Metadata.Name.StartsWith(SystemPriorityClasses.Prefix, StringComparison.Ordinal))
        {
            if (SystemProblem(obj) is { } problem)
            {
                errors.Forbidden("metadata.name", $"priority class names with '{SystemPriorityClasses.Prefix}' prefix are reserved for system use only. error: {problem}");
            }
        }
        else if (obj.Value > SystemPriorityClasses.HighestUserPriority)
        {
            errors.Forbidden("value", $"maximum allowed value of a user defined priority is {SystemPriorityClasses.HighestUserPriority}");
        }

        if (obj.PreemptionPolicy is { } policy)
        {
            FieldRules.OneOf(errors, "preemptionPolicy", policy, "Never", "PreemptLowerPriority");
        }
    }

    protected override void ValidateUpdate(PriorityClass obj, PriorityClass old, FieldErrorList errors)
    {
        if (obj.Value != old.Value)
        {
            errors.Forbidden("value", "may not be changed in an update.");
        }

        FieldRules.Immutable(errors, "preemptionPolicy", obj.PreemptionPolicy, old.PreemptionPolicy);
    }

    private static string? SystemProblem(PriorityClass obj)
    {
        var known = SystemPriorityClasses.All.FirstOrDefault(c => c.Metadata.Name == obj.Metadata.Name);
        return known is null ? $"{obj.Metadata.Name} is not a known system priority class"
            : known.Value != obj.Value ? $"value of {known.Metadata.Name} PriorityClass must be {known.Value}"
            : obj.GlobalDefault ? $"globalDefault of {known.Metadata.Name} PriorityClass must be false" : null;
    }
}
