using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Client.Http;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;
using Kobune.Kubectl.Text;

namespace Kobune.Kubectl.Describe;

/// <summary>A Node with its conditions, capacity and the Pods on it.</summary>
internal static class DescribeNode
{
    private static readonly string[] Resources = ["cpu", "memory", "ephemeral-storage", "hugepages-1Gi", "hugepages-2Mi"];

    public static async Task WriteAsync(DescribeWriter w, JsonObject node, Invocation i)
    {
        w.Field(0, "Name", node.Name());
        w.Field(0, "Roles", Roles(node));
        w.Map(0, "Labels", node.Map("metadata", "labels"));
        w.Annotations(0, "Annotations", node.Map("metadata", "annotations"));
        w.Field(0, "CreationTimestamp", DescribeWriter.Time(node.Time("metadata", "creationTimestamp")));
        Taints(w, node);
        w.Field(0, "Unschedulable", node.Bool("spec", "unschedulable") ? "true" : "false");
        await LeaseAsync(w, node, i).ConfigureAwait(false);
        Conditions(w, node);
        w.Line(0, "Addresses:");
        foreach (var address in node.Objects("status", "addresses"))
        {
            w.Field(1, address.Text("type"), address.Text("address"));
        }

        Quantities(w, "Capacity", node.Map("status", "capacity"));
        Quantities(w, "Allocatable", node.Map("status", "allocatable"));
        w.Line(0, "System Info:");
        foreach (var (title, name) in new[]
        {
            ("Machine ID", "machineID"), ("System UUID", "systemUUID"), ("Boot ID", "bootID"), ("Kernel Version", "kernelVersion"), ("OS Image", "osImage"),
            ("Operating System", "operatingSystem"), ("Architecture", "architecture"), ("Container Runtime Version", "containerRuntimeVersion"),
            ("Kubelet Version", "kubeletVersion"), ("Kube-Proxy Version", "kubeProxyVersion"),
        })
        {
            w.Field(1, title, node.Text("status", "nodeInfo", name));
        }

        if (node.TextOrNull("spec", "podCIDR") is { } range)
        {
            w.Field(0, "PodCIDR", range);
            w.Field(0, "PodCIDRs", string.Join(',', node.Strings("spec", "podCIDRs")));
        }

        if (node.TextOrNull("spec", "providerID") is { } provider)
        {
            w.Field(0, "ProviderID", provider);
        }

        await PodsAsync(w, node, i).ConfigureAwait(false);
    }

    private static string Roles(JsonObject node)
    {
        const string prefix = "node-role.kubernetes.io/";
        var roles = node.Map("metadata", "labels")
            .Select(l => l.Key.StartsWith(prefix, StringComparison.Ordinal) ? l.Key[prefix.Length..] : l.Key == "kubernetes.io/role" ? l.Value.Text() : "")
            .Where(r => r.Length > 0).Order(StringComparer.Ordinal).ToArray();
        return roles.Length == 0 ? "<none>" : string.Join(',', roles);
    }

    private static void Taints(DescribeWriter w, JsonObject node)
    {
        var taints = node.Objects("spec", "taints").Select(t => t.Text("key") + (t.TextOrNull("value") is { } v ? "=" + v : "") + ":" + t.Text("effect")).ToArray();
        w.Field(0, "Taints", taints.Length == 0 ? "<none>" : taints[0]);
        foreach (var taint in taints.Skip(1))
        {
            w.Line(0, "\t" + taint);
        }
    }

    private static async Task LeaseAsync(DescribeWriter w, JsonObject node, Invocation i)
    {
        var lease = await i.Cluster.TryGetAsync(ApiPaths.Resource("coordination.k8s.io", "v1", "leases", "kube-node-lease", node.Name()), i.Cancellation).ConfigureAwait(false);
        w.Line(0, "Lease:");
        w.Field(1, "HolderIdentity", lease.TextOrNull("spec", "holderIdentity") ?? "<unset>");
        w.Field(1, "AcquireTime", DescribeWriter.Time(lease.Time("spec", "acquireTime")));
        w.Field(1, "RenewTime", DescribeWriter.Time(lease.Time("spec", "renewTime")));
    }

    private static void Conditions(DescribeWriter w, JsonObject node)
    {
        if (node.Items("status", "conditions").Count == 0)
        {
            return;
        }

        w.Line(0, "Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage");
        w.Line(1, "----\t------\t-----------------\t------------------\t------\t-------");
        foreach (var c in node.Objects("status", "conditions"))
        {
            w.Line(1, $"{c.Text("type")} \t{c.Text("status")} \t{DescribeWriter.Time(c.Time("lastHeartbeatTime"))} \t{DescribeWriter.Time(c.Time("lastTransitionTime"))} \t{c.Text("reason")} \t{c.Text("message")}");
        }
    }

    private static void Quantities(DescribeWriter w, string title, JsonObject values)
    {
        w.Line(0, title + ":");
        foreach (var (name, value) in values.OrderBy(v => v.Key, StringComparer.Ordinal))
        {
            w.Field(1, name, value.Text());
        }
    }

    private static async Task PodsAsync(DescribeWriter w, JsonObject node, Invocation i)
    {
        var path = ApiPaths.WithQuery(
            ApiPaths.Resource("", "v1", "pods", null), ("fieldSelector", $"spec.nodeName={node.Name()},status.phase!=Failed,status.phase!=Succeeded"), ("limit", "500"));
        var pods = ResourceFinder.ItemsOf(await i.Cluster.GetAsync(path, i.Cancellation).ConfigureAwait(false)).ToArray();
        var allocatable = node.At("status", "allocatable") is JsonObject a ? a : node.Map("status", "capacity");
        w.Line(0, $"Non-terminated Pods:\t({pods.Length} in total)");
        w.Line(1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge");
        w.Line(1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---");
        foreach (var pod in pods)
        {
            var cells = new[] { ("cpu", "requests"), ("cpu", "limits"), ("memory", "requests"), ("memory", "limits") }
                .Select(c => Share(Sum(pod, c.Item2, c.Item1), allocatable, c.Item1));
            w.Line(1, $"{pod.Namespace()}\t{pod.Name()}\t\t{string.Join('\t', cells)}\t{HumanDuration.Since(pod.Time("metadata", "creationTimestamp"), i.Time)}");
        }

        w.Line(0, "Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)");
        w.Line(1, "Resource\tRequests\tLimits");
        w.Line(1, "--------\t--------\t------");
        foreach (var resource in Resources)
        {
            var requests = pods.Aggregate(default(Quantity), (sum, p) => sum + Sum(p, "requests", resource));
            var limits = pods.Aggregate(default(Quantity), (sum, p) => sum + Sum(p, "limits", resource));
            w.Line(1, $"{resource}\t{Share(requests, allocatable, resource)}\t{Share(limits, allocatable, resource)}");
        }
    }

    private static Quantity Sum(JsonObject pod, string kind, string resource) => pod.Objects("spec", "containers")
        .Select(c => c.TextOrNull("resources", kind, resource)).OfType<string>()
        .Aggregate(default(Quantity), (sum, text) => sum + Quantity.Parse(text));

    private static string Share(Quantity value, JsonObject allocatable, string resource)
    {
        var total = allocatable.TextOrNull(resource) is { } text ? Quantity.Parse(text).MilliValue : 0;
        var percent = total == 0 ? 0 : (long)((double)value.MilliValue / total * 100);
        return $"{(value.MilliValue == 0 ? "0" : value.ToString())} ({percent}%)";
    }
}
