using Kobune.Api.Core.V1;

namespace Kobune.Api.Quotas;

/// <summary>Quotas that count only some Pods (or claims): by lifetime, quality of service, priority, affinity.</summary>
public static class QuotaScopes
{
    /// <summary>Whether the quota counts the object at all.</summary>
    public static bool Match(ResourceQuotaSpec quota, KubeObject obj)
    {
        var selectors = quota.ScopeSelector?.MatchExpressions ?? [];
        return quota.Scopes.All(s => Matches(s, "Exists", [], obj)) && selectors.TrueForAll(s => Matches(s.ScopeName, s.Operator, s.Values, obj));
    }

    private static bool Matches(string scope, string op, List<string> values, KubeObject obj) => (scope, obj) switch
    {
        ("Terminating", Pod pod) => pod.Spec.ActiveDeadlineSeconds >= 0,
        ("NotTerminating", Pod pod) => pod.Spec.ActiveDeadlineSeconds is null or < 0,
        ("BestEffort", Pod pod) => QosClass.Of(pod.Spec) == "BestEffort",
        ("NotBestEffort", Pod pod) => QosClass.Of(pod.Spec) != "BestEffort",
        ("PriorityClass", Pod pod) => Selects(op, values, pod.Spec.PriorityClassName),
        ("CrossNamespacePodAffinity", Pod pod) => CrossesNamespaces(pod.Spec.Affinity),
        ("VolumeAttributesClass", PersistentVolumeClaim claim) => Selects(op, values, claim.Spec.VolumeAttributesClassName ?? ""),
        _ => false,
    };

    private static bool Selects(string op, List<string> values, string name) => op switch
    {
        "Exists" => name.Length > 0,
        "DoesNotExist" => name.Length == 0,
        "In" => values.Contains(name),
        "NotIn" => !values.Contains(name),
        _ => false,
    };

    private static bool CrossesNamespaces(Affinity? affinity)
    {
        var terms = new List<PodAffinityTerm>();
        if (affinity?.PodAffinity is { } near)
        {
            terms.AddRange(near.RequiredDuringSchedulingIgnoredDuringExecution);
            terms.AddRange(near.PreferredDuringSchedulingIgnoredDuringExecution.Select(w => w.PodAffinityTerm));
        }

        if (affinity?.PodAntiAffinity is { } apart)
        {
            terms.AddRange(apart.RequiredDuringSchedulingIgnoredDuringExecution);
            terms.AddRange(apart.PreferredDuringSchedulingIgnoredDuringExecution.Select(w => w.PodAffinityTerm));
        }

        return terms.Exists(t => t.Namespaces.Count > 0 || t.NamespaceSelector is not null);
    }
}
