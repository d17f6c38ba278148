using Kobune.Api;
using Kobune.Api.Rbac.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.ClusterRoles;

/// <summary>Fills ClusterRoles that are made of others (admin, edit, view) with the rules of those that their selectors choose.</summary>
internal sealed class ClusterRoleAggregationController : Controller
{
    private readonly ILister<ClusterRole> _roles;

    public ClusterRoleAggregationController(ControllerContext context) : base(context, "clusterrole-aggregation-controller", workers: 1)
    {
        Writes<ClusterRole>();
        _roles = Watches<ClusterRole>(_ =>
        {
            // Any role may be a part of any aggregate, or have been.
            foreach (var role in _roles!.List().Where(r => r.AggregationRule is not null))
            {
                Queue.Add(ObjectKey.Of(role));
            }
        });
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_roles.Get(key) is not { AggregationRule: { } aggregation } role)
        {
            return;
        }

        var rules = new List<PolicyRule>();
        foreach (var selector in aggregation.ClusterRoleSelectors.Select(LabelSelectors.From))
        {
            foreach (var part in _roles.List().Where(r => r.Name != role.Name && selector.Matches(r.Metadata.Labels)).OrderBy(r => r.Name, StringComparer.Ordinal))
            {
                rules.AddRange(part.Rules.Where(rule => !rules.Exists(known => ApiStruct.DeepEquals(known, rule))));
            }
        }

        if (!ApiStruct.DeepEquals(role.Rules, rules))
        {
            var changed = role.Clone();
            changed.Rules = rules;
            await Client.UpdateAsync(changed, cancellationToken: cancellationToken);
        }
    }
}
