using Kobune.Api;
using Kobune.Api.Rbac.V1;
using Kobune.ApiServer.Authentication;

namespace Kobune.ApiServer.Authorization.Rbac;

/// <summary>Role-based access control: allows what a role bound to the user or one of its groups allows, and never denies.</summary>
public sealed class RbacAuthorizer(ApiServerServices services) : IAuthorizer
{
    private volatile Snapshot? _snapshot;

    private sealed record Snapshot(
        IReadOnlyList<KubeObject> ClusterRoles, IReadOnlyList<KubeObject> Roles,
        IReadOnlyList<KubeObject> ClusterBindings, IReadOnlyList<KubeObject> Bindings, RbacRules Rules);

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

    private async ValueTask<RbacRules> RulesAsync(CancellationToken cancellationToken)
    {
        var clusterRoles = await services.Objects.ListAsync(ClusterRole.Info, null, cancellationToken: cancellationToken);
        var roles = await services.Objects.ListAsync(Role.Info, null, cancellationToken: cancellationToken);
        var clusterBindings = await services.Objects.ListAsync(ClusterRoleBinding.Info, null, cancellationToken: cancellationToken);
        var bindings = await services.Objects.ListAsync(RoleBinding.Info, null, cancellationToken: cancellationToken);
        if (_snapshot is { } s && Same(s.ClusterRoles, clusterRoles) && Same(s.Roles, roles) && Same(s.ClusterBindings, clusterBindings) && Same(s.Bindings, bindings))
        {
            return s.Rules;
        }
        var rules = new RbacRules(clusterRoles, roles, clusterBindings, bindings);
        _snapshot = new Snapshot(clusterRoles, roles, clusterBindings, bindings, rules);
        return rules;
    }

    // The cache shares one object per revision, so that identity tells whether anything changed.
    private static bool Same(IReadOnlyList<KubeObject> a, IReadOnlyList<KubeObject> b)
    {
        if (ReferenceEquals(a, b))
        {
            return true;
        }
        if (a.Count != b.Count)
        {
            return false;
        }
        for (var i = 0; i < a.Count; i++)
        {
            if (!ReferenceEquals(a[i], b[i]))
            {
                return false;
            }
        }
        return true;
    }
}
