using Kobune.Api.Rbac.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Rbac;

/// <summary>The rules of roles and the subjects of bindings.</summary>
internal static class RuleChecks
{
    public const string Group = "rbac.authorization.k8s.io";

    public static void Rules(List<PolicyRule> rules, bool namespaced, FieldErrorList errors)
    {
        for (var i = 0; i < rules.Count; i++)
        {
            Rule(rules[i], namespaced, $"rules[{i}]", errors);
        }
    }

    public static void DefaultSubjects(List<Subject> subjects)
    {
        foreach (var subject in subjects.Where(s => s.ApiGroup.Length == 0 && s.Kind is "User" or "Group"))
        {
            subject.ApiGroup = Group;
        }
    }

    public static void Binding(RoleRef role, List<Subject> subjects, bool namespaced, FieldErrorList errors)
    {
        if (role.ApiGroup != Group)
        {
            errors.NotSupported("roleRef.apiGroup", role.ApiGroup, Group);
        }

        if (role.Kind != "ClusterRole" && !(namespaced && role.Kind == "Role"))
        {
            errors.NotSupported("roleRef.kind", role.Kind, namespaced ? ["Role", "ClusterRole"] : ["ClusterRole"]);
        }

        if (role.Name.Length == 0)
        {
            errors.Required("roleRef.name");
        }

        for (var i = 0; i < subjects.Count; i++)
        {
            Subject(subjects[i], $"subjects[{i}]", errors);
        }
    }

    private static void Rule(PolicyRule rule, bool namespaced, string path, FieldErrorList errors)
    {
        if (rule.Verbs.Count == 0)
        {
            errors.Required(path + ".verbs", "verbs must contain at least one value");
        }

        if (rule.NonResourceURLs.Count > 0)
        {
            if (namespaced)
            {
                errors.Invalid(path + ".nonResourceURLs", rule.NonResourceURLs, "namespaced rules cannot apply to non-resource URLs");
            }

            if (rule.ApiGroups.Count + rule.Resources.Count + rule.ResourceNames.Count > 0)
            {
                errors.Invalid(path + ".nonResourceURLs", rule.NonResourceURLs, "rules cannot apply to both regular resources and non-resource URLs");
            }

            return;
        }

        if (rule.ApiGroups.Count == 0)
        {
            errors.Required(path + ".apiGroups", "resource rules must supply at least one api group");
        }

        if (rule.Resources.Count == 0)
        {
            errors.Required(path + ".resources", "resource rules must supply at least one resource");
        }
    }

    private static void Subject(Subject subject, string path, FieldErrorList errors)
    {
        if (subject.Name.Length == 0)
        {
            errors.Required(path + ".name");
        }

        switch (subject.Kind)
        {
            case "ServiceAccount":
                if (subject.ApiGroup.Length > 0)
                {
                    errors.NotSupported(path + ".apiGroup", subject.ApiGroup, "");
                }

                if (subject.Namespace.Length == 0)
                {
                    errors.Required(path + ".namespace");
                }

                break;
            case "User" or "Group":
                if (subject.ApiGroup != Group)
                {
                    errors.NotSupported(path + ".apiGroup", subject.ApiGroup, Group);
                }

                break;
            default:
                errors.NotSupported(path + ".kind", subject.Kind, "ServiceAccount", "User", "Group");
                break;
        }
    }
}
