using Kobune.Api;
using Kobune.Api.AdmissionRegistration.V1;
using Kobune.Api.Meta.V1;
using Kobune.ApiServer.Admission.Dynamic;
using Kobune.ApiServer.Registry;

namespace Kobune.ApiServer.Admission.Policies;

/// <summary>ValidatingAdmissionPolicies in force through their bindings: expressions that a request must satisfy.</summary>
internal sealed class ValidatingPolicies(ApiServerServices services) : IAdmissionPlugin
{
    private readonly RequestMatcher matcher = new(services);
    private readonly MatchConditions conditions = new(services);

    public string Name => "ValidatingAdmissionPolicy";

    public async ValueTask ValidateAsync(AdmissionContext context, CancellationToken cancellationToken)
    {
        if (RequestMatcher.IsExempt(context))
        {
            return;
        }

        var policies = await services.Objects.ListAsync(ResourceInfo.Of<ValidatingAdmissionPolicy>(), null, false, cancellationToken).ConfigureAwait(false);
        if (policies.Count == 0)
        {
            return;
        }

        var bindings = (await services.Objects.ListAsync(ResourceInfo.Of<ValidatingAdmissionPolicyBinding>(), null, false, cancellationToken).ConfigureAwait(false)).Cast<ValidatingAdmissionPolicyBinding>().ToList();
        foreach (var policy in policies.Cast<ValidatingAdmissionPolicy>())
        {
            foreach (var binding in bindings.Where(b => b.Spec.PolicyName == policy.Metadata.Name))
            {
                await CheckAsync(policy, binding, context, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask CheckAsync(ValidatingAdmissionPolicy policy, ValidatingAdmissionPolicyBinding binding, AdmissionContext context, CancellationToken cancellationToken)
    {
        if (MatchCriteria.Of(policy.Spec.MatchConstraints) is not { } criteria
            || await matcher.MatchAsync(context, criteria, false, cancellationToken).ConfigureAwait(false) is not { } presented
            || (MatchCriteria.Of(binding.Spec.MatchResources) is { } narrower && await matcher.MatchAsync(context, narrower, true, cancellationToken).ConfigureAwait(false) is null))
        {
            return;
        }

        var closed = policy.Spec.FailurePolicy != "Ignore";
        var who = $"ValidatingAdmissionPolicy '{policy.Metadata.Name}' with binding '{binding.Metadata.Name}'";
        var obj = RequestMatcher.Show(context, presented, context.Object);
        var old = RequestMatcher.Show(context, presented, context.OldObject);
        if (!await conditions.HoldAsync(who, policy.Spec.MatchConditions, closed, context, presented, obj, old, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        foreach (var parameters in await PolicyParameters.OfAsync(services, context, who, policy.Spec.ParamKind, binding.Spec.ParamRef, closed, cancellationToken).ConfigureAwait(false))
        {
            var scope = new ExpressionScope(services, context, presented, obj, old, parameters, policy.Spec.Variables);
            foreach (var validation in policy.Spec.Validations)
            {
                if (await FailureAsync(validation, scope, closed, cancellationToken).ConfigureAwait(false) is { } message)
                {
                    Act(binding, context, who, validation, message);
                }
            }
        }
    }

    /// <summary>null when the request satisfies the expression.</summary>
    private static async ValueTask<string?> FailureAsync(Kobune.Api.AdmissionRegistration.V1.Validation validation, ExpressionScope scope, bool closed, CancellationToken cancellationToken)
    {
        var (value, error) = await scope.EvaluateAsync(validation.Expression, cancellationToken).ConfigureAwait(false);
        if (error is not null)
        {
            return closed ? error : null;
        }

        if (value is true)
        {
            return null;
        }

        if (validation.MessageExpression.Length > 0
            && (await scope.EvaluateAsync(validation.MessageExpression, cancellationToken).ConfigureAwait(false)).Value is string made && made.Trim().Length > 0)
        {
            return made.Trim();
        }

        return validation.Message.Trim() is { Length: > 0 } message ? message : "failed expression: " + validation.Expression.Trim();
    }

    private static void Act(ValidatingAdmissionPolicyBinding binding, AdmissionContext context, string who, Kobune.Api.AdmissionRegistration.V1.Validation validation, string message)
    {
        if (binding.Spec.ValidationActions.Contains("Warn"))
        {
            context.Warnings.Add($"Validation failed for {who}: {message}");
        }

        if (!binding.Spec.ValidationActions.Contains("Deny"))
        {
            return;
        }

        var reason = validation.Reason is { Length: > 0 } given ? given : StatusReason.Invalid;
        var error = StatusErrors.Forbidden(context.Resource, context.Name, $"{who} denied request: {message}");
        error.Status.Reason = reason;
        error.Status.Code = reason switch { StatusReason.Forbidden => 403, StatusReason.Unauthorized => 401, StatusReason.RequestEntityTooLarge => 413, _ => 422 };
        error.Status.Details!.Causes = [new StatusCause { Message = $"{who} denied request: {message}" }];
        throw error;
    }
}
