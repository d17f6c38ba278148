using Kobune.Api;
using Kobune.ApiServer.Authentication;
using Kobune.ApiServer.Authorization;

namespace Kobune.ApiServer.Pipeline;

/// <summary>Asks the authorizers in order; who is allowed by none is forbidden. Masters may do everything, before anybody is asked.</summary>
internal sealed class AuthorizationStep(IReadOnlyList<IAuthorizer> authorizers) : IAuthorizer
{
    public async ValueTask<(Decision Decision, string Reason)> AuthorizeAsync(RequestAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.User.Groups.Contains(UserInfo.Masters))
        {
            return (Decision.Allow, "");
        }

        var reasons = "";
        foreach (var authorizer in authorizers)
        {
            var (decision, reason) = await authorizer.AuthorizeAsync(attributes, cancellationToken).ConfigureAwait(false);
            if (decision != Decision.NoOpinion)
            {
                return (decision, reason);
            }

            // Whoever has no opinion often has no words either.
            reasons = string.IsNullOrEmpty(reason) ? reasons : reasons.Length == 0 ? reason : reasons + ", " + reason;
        }

        return (Decision.NoOpinion, reasons);
    }

    /// <exception cref="KubeStatusException">403 in upstream's words.</exception>
    public async ValueTask RequireAsync(RequestAttributes attributes, CancellationToken cancellationToken, Audit.AuditRecord? audit = null)
    {
        var (decision, reason) = await AuthorizeAsync(attributes, cancellationToken).ConfigureAwait(false);
        if (audit is not null)
        {
            audit.Decision = decision == Decision.Allow ? "allow" : "forbid";
            audit.DecisionReason = reason;
        }

        if (decision != Decision.Allow)
        {
            throw Forbidden(attributes, reason);
        }
    }

    private static KubeStatusException Forbidden(RequestAttributes a, string reason)
    {
        var why = reason.Length == 0 ? "" : ": " + reason;
        if (!a.IsResourceRequest)
        {
            return StatusErrors.Forbidden("", "", "", $"User \"{a.User.Name}\" cannot {a.Verb} path \"{a.Path}\"{why}");
        }

        var resource = a.Subresource.Length == 0 ? a.Resource : a.Resource + "/" + a.Subresource;
        var place = a.Namespace.Length > 0 ? $"in the namespace \"{a.Namespace}\"" : "at the cluster scope";
        return StatusErrors.Forbidden(a.ApiGroup, a.Resource, a.Name, $"User \"{a.User.Name}\" cannot {a.Verb} resource \"{resource}\" in API group \"{a.ApiGroup}\" {place}{why}");
    }
}
