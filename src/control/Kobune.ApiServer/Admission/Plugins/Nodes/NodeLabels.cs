namespace Kobune.ApiServer.Admission.Plugins.Nodes;

/// <summary>Which labels a kubelet may put on its own node: by the others, Pods with secrets are steered away from nodes that are not trusted.</summary>
internal static class NodeLabels
{
    private const string Restriction = "node-restriction.kubernetes.io";

    private static readonly HashSet<string> Allowed = new(StringComparer.Ordinal)
    {
        "kubernetes.io/hostname", "kubernetes.io/os", "kubernetes.io/arch", "beta.kubernetes.io/os", "beta.kubernetes.io/arch", "beta.kubernetes.io/instance-type",
        "node.kubernetes.io/instance-type", "topology.kubernetes.io/zone", "topology.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region", "failure-domain.kubernetes.io/zone", "failure-domain.kubernetes.io/region",
    };

    private static readonly string[] AllowedNamespaces = ["kubelet.kubernetes.io", "node.kubernetes.io"];

    /// <summary>The labels that differ and may not, in order.</summary>
    public static IReadOnlyList<string> Forbidden(IReadOnlyDictionary<string, string> now, IReadOnlyDictionary<string, string>? before) =>
        [.. Modified(now, before).Where(IsForbidden).Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Modified(IReadOnlyDictionary<string, string> now, IReadOnlyDictionary<string, string>? before)
    {
        before ??= new Dictionary<string, string>();
        return now.Where(l => !before.TryGetValue(l.Key, out var value) || value != l.Value).Select(l => l.Key).Concat(before.Keys.Where(k => !now.ContainsKey(k)));
    }

    private static bool IsForbidden(string label)
    {
        var slash = label.IndexOf('/');
        var ns = slash < 0 ? "" : label[..slash];
        if (Within(ns, Restriction))
        {
            return true;
        }

        var isKubernetes = Within(ns, "kubernetes.io") || Within(ns, "k8s.io");
        return isKubernetes && !Allowed.Contains(label) && !AllowedNamespaces.Any(a => Within(ns, a));
    }

    private static bool Within(string ns, string domain) => ns == domain || ns.EndsWith("." + domain, StringComparison.Ordinal);
}
