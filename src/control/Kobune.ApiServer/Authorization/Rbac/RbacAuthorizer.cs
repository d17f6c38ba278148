using Kobune.Api;
using Kobune.Api.Rbac.V1;
using Kobune.ApiServer.Authentication;

namespace Kobune.ApiServer.Authorization.Rbac;

/// <summary>Role-based access control: allows what a role bound to the user or one of its groups allows, and never denies.</summary>
public sealed class RbacAuthorizer(ApiServerServices services) : IAuthorizer
{
    private volatile Snapshot? _snapshot;

    private sealed record Snapshot(object ClusterRoles, object Roles, object ClusterBindings, object Bindings, RbacRules Rules);

    public async ValueTask<(Decision Decision, string Reason)> AuthorizeAsync(RequestAttributes attributes, CancellationToken cancellationToken)
    {
        var rules = await RulesAsync(cancellationToken);
        foreach (var granted in rules.RulesFor(attributes.User, attributes.IsResourceRequest ? attributes.Namespace : ""))
        {
            if (RuleMatch.Allows(granted.Rule, attributes))
            {
                return (Decision.Allow, granted.Origin);
            }
        }
        return (Decision.NoOpinion, "");
    }

    /// <summary>The rules of a user in a namespace, for SelfSubjectRulesReview and escalation checks.</summary>
    internal async ValueTask<IReadOnlyList<PolicyRule>> RulesForAsync(UserInfo user, string ns, CancellationToken cancellationToken) =>
        [.. (await RulesAsync(cancellationToken)).RulesFor(user, ns).Select(r => r.Rule)];

    // Every request asks: while nothing has changed, that must cost four look-ups and no list.
    private async ValueTask<RbacRules> RulesAsync(CancellationToken cancellationToken)
    {
        var clusterRoles = await services.Objects.StampAsync(ClusterRole.Info, cancellationToken);
        var roles = await services.Objects.StampAsync(Role.Info, cancellationToken);
        var clusterBindings = await services.Objects.StampAsync(ClusterRoleBinding.Info, cancellationToken);
        var bindings = await services.Objects.StampAsync(RoleBinding.Info, cancellationToken);
        if (_snapshot is { } s && s.ClusterRoles == clusterRoles && s.Roles == roles && s.ClusterBindings == clusterBindings && s.Bindings == bindings)
        {
            return s.Rules;
        }

        // The stamps are older than what is listed or the same: at worst the rules are made once more.
        var rules = new RbacRules(
            await services.Objects.ListAsync(ClusterRole.Info, null, cancellationToken: cancellationToken),
            await services.Objects.ListAsync(Role.Info, null, cancellationToken: cancellationToken),
            await services.Objects.ListAsync(ClusterRoleBinding.Info, null, cancellationToken: cancellationToken),
            await services.Objects.ListAsync(RoleBinding.Info, null, cancellationToken: cancellationToken));
        _snapshot = new Snapshot(clusterRoles, roles, clusterBindings, bindings, rules);
        return rules;
    }
}
