using Kobune.Api;
using Kobune.Api.AdmissionRegistration.V1;
using Kobune.ApiServer.Registry;

namespace Kobune.ApiServer.Admission.Dynamic;

/// <summary>matchConditions: expressions that must all be true for a webhook or policy to be asked.</summary>
internal sealed class MatchConditions(ApiServerServices services)
{
    /// <summary>False when a condition is false, or failed where failures are ignored.</summary>
    /// <exception cref="KubeStatusException">403: a condition failed, and the failure policy is to fail.</exception>
    public async ValueTask<bool> HoldAsync(
        string owner, List<MatchCondition> conditions, bool failsClosed, AdmissionContext context, ServedResource presented, KubeObject? obj, KubeObject? old, CancellationToken cancellationToken)
    {
        if (conditions.Count == 0)
        {
            return true;
        }

        var expressions = new ExpressionScope(services, context, presented, obj, old);
        string? failure = null;
        foreach (var condition in conditions)
        {
            var (value, error) = await expressions.EvaluateAsync(condition.Expression, cancellationToken).ConfigureAwait(false);
            if (error is not null)
            {
                failure ??= error;
            }
            else if (value is false)
            {
                return false;
            }
        }

        if (failure is null)
        {
            return true;
        }

        return failsClosed
            ? throw StatusErrors.Forbidden(context.Resource, context.Name, $"{owner}: {failure}")
            : false;
    }
}
