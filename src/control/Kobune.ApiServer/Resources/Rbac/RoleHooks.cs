using Kobune.Api.Rbac.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Rbac;

/// <summary>That nobody gives away more than they have is checked in admission, by RbacEscalation.</summary>
internal sealed class RoleHooks : TypedHooks<Role>
{
    public override bool AllowCreateOnUpdate => true;
    public override NameRule NameRule => NameRule.PathSegment;

    protected override void Validate(Role obj, FieldErrorList errors) => RuleChecks.Rules(obj.Rules, true, errors);
}

internal sealed class ClusterRoleHooks : TypedHooks<ClusterRole>
{
    public override bool AllowCreateOnUpdate => true;
    public override NameRule NameRule => NameRule.PathSegment;

    protected override void Validate(ClusterRole obj, FieldErrorList errors)
    {
        RuleChecks.Rules(obj.Rules, false, errors);
        if (obj.AggregationRule is not { } aggregation)
        {
            return;
        }

        if (aggregation.ClusterRoleSelectors.Count == 0)
        {
            errors.Required("aggregationRule.clusterRoleSelectors", "at least one clusterRoleSelector required if aggregationRule is non-nil");
        }

        for (var i = 0; i < aggregation.ClusterRoleSelectors.Count; i++)
        {
            SelectorChecks.Check(errors, $"aggregationRule.clusterRoleSelectors[{i}]", aggregation.ClusterRoleSelectors[i]);
        }
    }
}
