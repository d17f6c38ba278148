using Kobune.Api;
using Kobune.Api.Rbac.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Rbac;

internal sealed class RoleBindingHooks : TypedHooks<RoleBinding>
{
    internal const string RoleChanged = "cannot change roleRef";

    public override bool AllowCreateOnUpdate => true;
    public override NameRule NameRule => NameRule.PathSegment;

    protected override void Default(RoleBinding obj)
    {
        obj.RoleRef.ApiGroup = obj.RoleRef.ApiGroup.Length == 0 ? RuleChecks.Group : obj.RoleRef.ApiGroup;
        RuleChecks.DefaultSubjects(obj.Subjects);
    }

    protected override void Validate(RoleBinding obj, FieldErrorList errors) => RuleChecks.Binding(obj.RoleRef, obj.Subjects, true, errors);

    protected override void ValidateUpdate(RoleBinding obj, RoleBinding old, FieldErrorList errors)
    {
        Validate(obj, errors);
        if (!ApiStruct.DeepEquals(obj.RoleRef, old.RoleRef))
        {
            errors.Invalid("roleRef", obj.RoleRef, RoleChanged);
        }
    }
}

internal sealed class ClusterRoleBindingHooks : TypedHooks<ClusterRoleBinding>
{
    public override bool AllowCreateOnUpdate => true;
    public override NameRule NameRule => NameRule.PathSegment;

    protected override void Default(ClusterRoleBinding obj)
    {
        obj.RoleRef.ApiGroup = obj.RoleRef.ApiGroup.Length == 0 ? RuleChecks.Group : obj.RoleRef.ApiGroup;
        RuleChecks.DefaultSubjects(obj.Subjects);
    }

    protected override void Validate(ClusterRoleBinding obj, FieldErrorList errors) => RuleChecks.Binding(obj.RoleRef, obj.Subjects, false, errors);

    protected override void ValidateUpdate(ClusterRoleBinding obj, ClusterRoleBinding old, FieldErrorList errors)
    {
        Validate(obj, errors);
        if (!ApiStruct.DeepEquals(obj.RoleRef, old.RoleRef))
        {
            errors.Invalid("roleRef", obj.RoleRef, RoleBindingHooks.RoleChanged);
        }
    }
}
