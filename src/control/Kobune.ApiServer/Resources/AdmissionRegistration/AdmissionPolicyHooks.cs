using Kobune.Api.AdmissionRegistration.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.AdmissionRegistration;

internal sealed class ValidatingAdmissionPolicyHooks : TypedHooks<ValidatingAdmissionPolicy>
{
    public override bool AllowUnconditionalUpdate => false;

    protected override void Default(ValidatingAdmissionPolicy obj)
    {
        obj.Spec.FailurePolicy ??= "Fail";
        WebhookDefaults.Match(obj.Spec.MatchConstraints);
    }

    protected override void PrepareForCreate(ValidatingAdmissionPolicy obj, WriteContext context) => TypeCheck(obj, obj.Metadata.Generation);

    protected override void PrepareForUpdate(ValidatingAdmissionPolicy obj, ValidatingAdmissionPolicy old, WriteContext context)
    {
        if (!Kobune.Api.ApiStruct.DeepEquals(obj.Spec, old.Spec))
        {
            // The registry counts the generation up in a moment.
            TypeCheck(obj, old.Metadata.Generation + 1);
        }
    }

    // Expressions are checked with the policy itself, so that its status is never behind.
    private static void TypeCheck(ValidatingAdmissionPolicy obj, long generation) =>
        obj.Status = new ValidatingAdmissionPolicyStatus { ObservedGeneration = generation, TypeChecking = new TypeChecking(), Conditions = obj.Status.Conditions };

    protected override void Validate(ValidatingAdmissionPolicy obj, FieldErrorList errors)
    {
        var spec = obj.Spec;
        PolicyChecks.Common(spec.FailurePolicy, spec.MatchConstraints, spec.ParamKind, errors);
        WebhookChecks.Conditions(spec.MatchConditions, "spec.matchConditions", errors);
        PolicyChecks.Variables(spec.Variables, errors);
        if (spec.Validations.Count == 0 && spec.AuditAnnotations.Count == 0)
        {
            errors.Required("spec.validations", "validations or auditAnnotations must be contain at least one item");
        }

        for (var i = 0; i < spec.Validations.Count; i++)
        {
            if (string.IsNullOrWhiteSpace(spec.Validations[i].Expression))
            {
                errors.Required($"spec.validations[{i}].expression", "expression is not specified");
            }
            else
            {
                PolicyChecks.Expression(spec.Validations[i].Expression, $"spec.validations[{i}].expression", true, errors);
            }

            if (spec.Validations[i].MessageExpression.Trim().Length > 0)
            {
                PolicyChecks.Expression(spec.Validations[i].MessageExpression, $"spec.validations[{i}].messageExpression", false, errors);
            }
        }
    }
}

internal sealed class MutatingAdmissionPolicyHooks : TypedHooks<MutatingAdmissionPolicy>
{
    public override bool AllowUnconditionalUpdate => false;

    protected override void Default(MutatingAdmissionPolicy obj)
    {
        obj.Spec.FailurePolicy ??= "Fail";
        obj.Spec.ReinvocationPolicy = obj.Spec.ReinvocationPolicy.Length == 0 ? "Never" : obj.Spec.ReinvocationPolicy;
        WebhookDefaults.Match(obj.Spec.MatchConstraints);
    }

    protected override void Validate(MutatingAdmissionPolicy obj, FieldErrorList errors)
    {
        PolicyChecks.Common(obj.Spec.FailurePolicy, obj.Spec.MatchConstraints, obj.Spec.ParamKind, errors);
        WebhookChecks.Conditions(obj.Spec.MatchConditions, "spec.matchConditions", errors);
        PolicyChecks.Variables(obj.Spec.Variables, errors);
        for (var i = 0; i < obj.Spec.Mutations.Count; i++)
        {
            var (mutation, path) = (obj.Spec.Mutations[i], $"spec.mutations[{i}]");
            FieldRules.OneOf(errors, path + ".patchType", mutation.PatchType, "ApplyConfiguration", "JSONPatch");
            var (name, expression) = mutation.PatchType == "JSONPatch" ? ("jsonPatch", mutation.JsonPatch?.Expression) : ("applyConfiguration", mutation.ApplyConfiguration?.Expression);
            if (string.IsNullOrWhiteSpace(expression))
            {
                errors.Required($"{path}.{name}.expression", "expression is not specified");
            }
            else
            {
                PolicyChecks.Expression(expression, $"{path}.{name}.expression", false, errors);
            }
        }

        if (obj.Spec.Mutations.Count == 0)
        {
            errors.Required("spec.mutations", "mutations must contain at least one item");
        }
    }
}

internal sealed class ValidatingAdmissionPolicyBindingHooks : TypedHooks<ValidatingAdmissionPolicyBinding>
{
    public override bool AllowUnconditionalUpdate => false;

    protected override void Default(ValidatingAdmissionPolicyBinding obj) => WebhookDefaults.Match(obj.Spec.MatchResources);

    protected override void Validate(ValidatingAdmissionPolicyBinding obj, FieldErrorList errors)
    {
        PolicyChecks.PolicyName(obj.Spec.PolicyName, errors);
        var actions = obj.Spec.ValidationActions;
        if (actions.Count == 0)
        {
            errors.Required("spec.validationActions", "at least one validation action is required");
        }

        for (var i = 0; i < actions.Count; i++)
        {
            FieldRules.OneOf(errors, "spec.validationActions", actions[i], "Audit", "Deny", "Warn");
        }

        if (actions.Contains("Deny") && actions.Contains("Warn"))
        {
            errors.Invalid("spec.validationActions", actions, "must not contain both \"Deny\" and \"Warn\" (repeating the same validation failure information in the API response and headers serves no purpose)");
        }
    }
}

internal sealed class MutatingAdmissionPolicyBindingHooks : TypedHooks<MutatingAdmissionPolicyBinding>
{
    public override bool AllowUnconditionalUpdate => false;

    protected override void Default(MutatingAdmissionPolicyBinding obj) => WebhookDefaults.Match(obj.Spec.MatchResources);

    protected override void Validate(MutatingAdmissionPolicyBinding obj, FieldErrorList errors) => PolicyChecks.PolicyName(obj.Spec.PolicyName, errors);
}

internal static class PolicyChecks
{
    public static void Common(string? failurePolicy, MatchResources? match, ParamKind? param, FieldErrorList errors)
    {
        if (failurePolicy is { } policy)
        {
            FieldRules.OneOf(errors, "spec.failurePolicy", policy, "Fail", "Ignore");
        }

        if (param is { ApiVersion.Length: 0 })
        {
            errors.Required("spec.paramKind.apiVersion");
        }

        if (param is { Kind.Length: 0 })
        {
            errors.Required("spec.paramKind.kind");
        }

        if (match is null)
        {
            errors.Required("spec.matchConstraints");
            return;
        }

        if (match.ResourceRules.Count == 0)
        {
            errors.Required("spec.matchConstraints.resourceRules");
        }

        for (var i = 0; i < match.ResourceRules.Count; i++)
        {
            var rule = match.ResourceRules[i];
            WebhookChecks.Rule(rule.Operations, rule.ApiGroups, rule.ApiVersions, rule.Resources, rule.Scope, $"spec.matchConstraints.resourceRules[{i}]", errors);
        }
    }

    public static void Expression(string expression, string path, bool mustBeBool, FieldErrorList errors)
    {
        if (Admission.Dynamic.Expressions.Problem(expression, mustBeBool) is { } problem)
        {
            errors.Invalid(path, expression, problem);
        }
    }

    public static void Variables(List<Variable> variables, FieldErrorList errors)
    {
        for (var i = 0; i < variables.Count; i++)
        {
            if (variables[i].Name.Length == 0)
            {
                errors.Required($"spec.variables[{i}].name", "name is not specified");
            }

            if (string.IsNullOrWhiteSpace(variables[i].Expression))
            {
                errors.Required($"spec.variables[{i}].expression", "expression is not specified");
            }
            else
            {
                Expression(variables[i].Expression, $"spec.variables[{i}].expression", false, errors);
            }
        }
    }

    public static void PolicyName(string name, FieldErrorList errors)
    {
        if (name.Length == 0)
        {
            errors.Required("spec.policyName");
        }
        else
        {
            errors.DnsSubdomain("spec.policyName", name);
        }
    }
}
