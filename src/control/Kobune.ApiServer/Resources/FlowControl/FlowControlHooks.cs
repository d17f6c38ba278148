using Kobune.Api.FlowControl.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.FlowControl;

internal sealed class FlowSchemaHooks : TypedHooks<FlowSchema>
{
    private const int DefaultPrecedence = 1000;
    private const int MaxPrecedence = 10000;

    protected override void Default(FlowSchema obj)
    {
        if (obj.Spec.MatchingPrecedence == 0)
        {
            obj.Spec.MatchingPrecedence = DefaultPrecedence;
        }
    }

    protected override void Validate(FlowSchema obj, FieldErrorList errors)
    {
        var spec = obj.Spec;
        if (spec.MatchingPrecedence <= 0)
        {
            errors.Invalid("spec.matchingPrecedence", spec.MatchingPrecedence, "must be a positive value");
        }
        else if (spec.MatchingPrecedence > MaxPrecedence)
        {
            errors.Invalid("spec.matchingPrecedence", spec.MatchingPrecedence, $"must not be greater than {MaxPrecedence}");
        }

        if (spec.MatchingPrecedence == 1 && obj.Metadata.Name != "exempt")
        {
            errors.Invalid("spec.matchingPrecedence", spec.MatchingPrecedence, "only the schema named 'exempt' may have matchingPrecedence 1");
        }

        if (spec.DistinguisherMethod is { } method)
        {
            FieldRules.OneOf(errors, "spec.distinguisherMethod.type", method.Type, "ByNamespace", "ByUser");
        }

        if (spec.PriorityLevelConfiguration.Name.Length == 0)
        {
            errors.Required("spec.priorityLevelConfiguration.name", "must reference a priority level");
        }

        for (var i = 0; i < spec.Rules.Count; i++)
        {
            Rule(spec.Rules[i], $"spec.rules[{i}]", errors);
        }
    }

    private static void Rule(PolicyRulesWithSubjects rule, string path, FieldErrorList errors)
    {
        if (rule.Subjects.Count == 0)
        {
            errors.Required(path + ".subjects", "subjects must contain at least one value");
        }

        for (var i = 0; i < rule.Subjects.Count; i++)
        {
            FieldRules.OneOf(errors, $"{path}.subjects[{i}].kind", rule.Subjects[i].Kind, "Group", "ServiceAccount", "User");
        }

        if (rule.ResourceRules.Count == 0 && rule.NonResourceRules.Count == 0)
        {
            errors.Required(path, "at least one of resourceRules and nonResourceRules has to be non-empty");
        }
    }
}

internal sealed class PriorityLevelConfigurationHooks : TypedHooks<PriorityLevelConfiguration>
{
    private const int DefaultShares = 30;

    protected override void Default(PriorityLevelConfiguration obj)
    {
        if (obj.Spec.Exempt is { } exempt)
        {
            exempt.NominalConcurrencyShares ??= 0;
            exempt.LendablePercent ??= 0;
        }

        if (obj.Spec.Limited is not { } limited)
        {
            return;
        }

        limited.NominalConcurrencyShares ??= DefaultShares;
        limited.LendablePercent ??= 0;
        if (limited.LimitResponse.Queuing is { } queuing)
        {
            queuing.Queues = queuing.Queues == 0 ? 64 : queuing.Queues;
            queuing.HandSize = queuing.HandSize == 0 ? 8 : queuing.HandSize;
            queuing.QueueLengthLimit = queuing.QueueLengthLimit == 0 ? 50 : queuing.QueueLengthLimit;
        }
    }

    protected override void Validate(PriorityLevelConfiguration obj, FieldErrorList errors)
    {
        var spec = obj.Spec;
        switch (spec.Type)
        {
            case "Exempt" when spec.Limited is not null:
                errors.Forbidden("spec.limited", "must be nil if the type is not Limited");
                break;
            case "Exempt":
                break;
            case "Limited" when spec.Limited is null:
                errors.Required("spec.limited", "must not be empty when type is Limited");
                break;
            case "Limited":
                Limited(spec.Limited!, "spec.limited", errors);
                break;
            default:
                errors.NotSupported("spec.type", spec.Type, "Exempt", "Limited");
                break;
        }
    }

    private static void Limited(LimitedPriorityLevelConfiguration limited, string path, FieldErrorList errors)
    {
        if (limited.NominalConcurrencyShares < 0)
        {
            errors.Invalid(path + ".nominalConcurrencyShares", limited.NominalConcurrencyShares, "must be a non-negative integer");
        }

        if (limited.LendablePercent is < 0 or > 100)
        {
            errors.Invalid(path + ".lendablePercent", limited.LendablePercent, "must be between 0 and 100, inclusive");
        }

        if (limited.BorrowingLimitPercent < 0)
        {
            errors.Invalid(path + ".borrowingLimitPercent", limited.BorrowingLimitPercent, "if specified, must be a non-negative integer");
        }

        switch (limited.LimitResponse.Type)
        {
            case "Reject" when limited.LimitResponse.Queuing is not null:
                errors.Forbidden(path + ".limitResponse.queuing", "must be nil if limited.limitResponse.type is not Limited");
                break;
            case "Reject":
                break;
            case "Queue" when limited.LimitResponse.Queuing is not { } queuing:
                errors.Required(path + ".limitResponse.queuing", "must not be empty if limited.limitResponse.type is Limited");
                break;
            case "Queue":
                break;
            default:
                errors.NotSupported(path + ".limitResponse.type", limited.LimitResponse.Type, "Queue", "Reject");
                break;
        }
    }
}
