using Kobune.Api;
using Kobune.Api.Certificates.V1;
using Kobune.Api.Core.V1;
using Kobune.Api.FlowControl.V1;
using Kobune.Api.Policy.V1;

namespace Kobune.ApiServer.Printing;

/// <summary>Rows of nodes, namespaces, quotas, budgets and certificate requests.</summary>
internal static class ClusterPrinters
{
    private const string RolePrefix = "node-role.kubernetes.io/";

    public static void Print(Node o, Cells cells)
    {
        var ready = o.Status.Conditions.Find(c => c.Type == "Ready");
        var status = ready is null ? "Unknown" : ready.Status == "True" ? "Ready" : "NotReady";
        if (o.Spec.Unschedulable)
        {
            status += ",SchedulingDisabled";
        }

        var info = o.Status.NodeInfo;
        cells.Text(o.Name).Text(status).Text(Roles(o)).Age(o.Metadata.CreationTimestamp).Text(info.KubeletVersion)
            .Text(Address(o, "InternalIP")).Text(Address(o, "ExternalIP")).Text(Or(info.OsImage, "<unknown>")).Text(Or(info.KernelVersion, "<unknown>")).Text(Or(info.ContainerRuntimeVersion, "<unknown>"));
    }

    public static void Print(Namespace o, Cells cells) => cells.Text(o.Name).Text(o.Status.Phase).Age(o.Metadata.CreationTimestamp);

    public static void Print(ResourceQuota o, Cells cells)
    {
        var requests = new List<string>();
        var limits = new List<string>();
        foreach (var (name, hard) in o.Status.Hard.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            var used = o.Status.Used.TryGetValue(name, out var value) ? value.ToString() : "0";
            (name.StartsWith("limits.", StringComparison.Ordinal) ? limits : requests).Add($"{name}: {used}/{hard}");
        }

        cells.Text(o.Name).Text(string.Join(", ", requests)).Text(string.Join(", ", limits)).Age(o.Metadata.CreationTimestamp);
    }

    public static void Print(PodDisruptionBudget o, Cells cells) =>
        cells.Text(o.Name).Text(o.Spec.MinAvailable?.ToString() ?? "N/A").Text(o.Spec.MaxUnavailable?.ToString() ?? "N/A").Number(o.Status.DisruptionsAllowed).Age(o.Metadata.CreationTimestamp);

    public static void Print(CertificateSigningRequest o, Cells cells)
    {
        bool Has(string type) => o.Status.Conditions.Exists(c => c.Type == type);
        var conditions = new List<string>();
        if (Has("Denied"))
        {
            conditions.Add("Denied");
        }
        else if (Has("Approved"))
        {
            conditions.Add("Approved");
        }

        if (conditions.Count == 0)
        {
            conditions.Add("Pending");
        }

        if (Has("Failed"))
        {
            conditions.Add("Failed");
        }

        if (o.Status.Certificate is { Length: > 0 })
        {
            conditions.Add("Issued");
        }

        cells.Text(o.Name).Age(o.Metadata.CreationTimestamp).Text(o.Spec.SignerName).Text(o.Spec.Username)
            .Text(o.Spec.ExpirationSeconds is { } seconds ? Cells.Duration(TimeSpan.FromSeconds(seconds)) : "<none>").Text(string.Join(',', conditions));
    }

    public static void Print(FlowSchema o, Cells cells) =>
        cells.Text(o.Name).Text(o.Spec.PriorityLevelConfiguration.Name).Number(o.Spec.MatchingPrecedence).Text(o.Spec.DistinguisherMethod?.Type ?? "<none>")
            .Age(o.Metadata.CreationTimestamp).Text(o.Status.Conditions.Find(c => c.Type == "Dangling")?.Status ?? "?");

    private static string Roles(Node node)
    {
        var roles = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (key, value) in node.Metadata.Labels)
        {
            if (key.StartsWith(RolePrefix, StringComparison.Ordinal) && key.Length > RolePrefix.Length)
            {
                roles.Add(key[RolePrefix.Length..]);
            }
            else if (key == "kubernetes.io/role" && value.Length > 0)
            {
                roles.Add(value);
            }
        }

        return roles.Count == 0 ? "<none>" : string.Join(',', roles);
    }

    private static string Address(Node node, string type) => node.Status.Addresses.Find(a => a.Type == type)?.Address ?? "<none>";

    private static string Or(string text, string otherwise) => text.Length == 0 ? otherwise : text;
}
