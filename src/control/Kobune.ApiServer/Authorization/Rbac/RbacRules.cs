using Kobune.Api;
using Kobune.Api.Rbac.V1;
using Kobune.ApiServer.Authentication;

namespace Kobune.ApiServer.Authorization.Rbac;

/// <summary>One rule that a user has, and the binding that gives it.</summary>
internal readonly record struct GrantedRule(PolicyRule Rule, string Origin);

/// <summary>
/// All roles and bindings of the cluster, arranged by subject. Immutable; made anew when one of them changes.
/// </summary>
internal sealed class RbacRules
{
    private readonly Dictionary<string, List<Grant>> _bySubject = new(StringComparer.Ordinal);

    // Namespace "": everywhere.
    private readonly record struct Grant(string Namespace, List<PolicyRule> Rules, string Origin);

    public RbacRules(
        IReadOnlyList<KubeObject> clusterRoles, IReadOnlyList<KubeObject> roles,
        IReadOnlyList<KubeObject> clusterBindings, IReadOnlyList<KubeObject> bindings)
    {
        var byName = clusterRoles.Cast<ClusterRole>().ToDictionary(r => r.Name, r => r.Rules, StringComparer.Ordinal);
        var byKey = roles.Cast<Role>().ToDictionary(r => r.Key, r => r.Rules, StringComparer.Ordinal);
        foreach (var binding in clusterBindings.Cast<ClusterRoleBinding>())
        {
            if (byName.TryGetValue(binding.RoleRef.Name, out var rules))
            {
                Add(binding.Subjects, "", "", rules, () => $"RBAC: allowed by ClusterRoleBinding \"{binding.Name}\" of ClusterRole \"{binding.RoleRef.Name}\" to ");
            }
        }
        foreach (var binding in bindings.Cast<RoleBinding>())
        {
            var found = binding.RoleRef.Kind == "Role"
                ? byKey.TryGetValue($"{binding.Namespace}/{binding.RoleRef.Name}", out var rules)
                : byName.TryGetValue(binding.RoleRef.Name, out rules);
            if (found)
            {
                Add(binding.Subjects, binding.Namespace, binding.Namespace, rules!, () => $"RBAC: allowed by RoleBinding \"{binding.Name}/{binding.Namespace}\" of {binding.RoleRef.Kind} \"{binding.RoleRef.Name}\" to ");
            }
        }
    }

    /// <summary>The rules that a user has in a namespace; with an empty one, those that hold everywhere.</summary>
    public IEnumerable<GrantedRule> RulesFor(UserInfo user, string ns)
    {
        foreach (var rule in Of("u:" + user.Name, ns))
        {
            yield return rule;
        }
        foreach (var group in user.Groups)
        {
            foreach (var rule in Of("g:" + group, ns))
            {
                yield return rule;
            }
        }
    }

    private IEnumerable<GrantedRule> Of(string subject, string ns)
    {
        if (!_bySubject.TryGetValue(subject, out var grants))
        {
            yield break;
        }
        foreach (var grant in grants)
        {
            if (grant.Namespace.Length == 0 || grant.Namespace == ns)
            {
                foreach (var rule in grant.Rules)
                {
                    yield return new GrantedRule(rule, grant.Origin);
                }
            }
        }
    }

    private void Add(List<Subject> subjects, string ns, string bindingNamespace, List<PolicyRule> rules, Func<string> origin)
    {
        foreach (var subject in subjects)
        {
            var serviceAccountNamespace = subject.Namespace.Length > 0 ? subject.Namespace : bindingNamespace;
            var (key, description) = subject.Kind switch
            {
                "User" => ("u:" + subject.Name, $"User \"{subject.Name}\""),
                "Group" => ("g:" + subject.Name, $"Group \"{subject.Name}\""),
                "ServiceAccount" => ($"u:system:serviceaccount:{serviceAccountNamespace}:{subject.Name}", $"ServiceAccount \"{subject.Name}/{serviceAccountNamespace}\""),
                _ => ("", ""),
            };
            if (key.Length == 0)
            {
                continue;
            }
            if (!_bySubject.TryGetValue(key, out var grants))
            {
                _bySubject[key] = grants = [];
            }
            grants.Add(new Grant(ns, rules, origin() + description));
        }
    }
}
