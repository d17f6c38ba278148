using System.Globalization;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;

namespace Kobune.Bench.Scheduling;

/// <summary>Nodes that are only objects, and Pods to put on them.</summary>
internal static class SimulatedCluster
{
    private const int Zones = 10;

    public static LabelSelector SameApp { get; } = new() { MatchLabels = { ["app"] = "bench" } };

    public static IEnumerable<Node> Nodes(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var node = new Node();
            node.Metadata.Name = "node-" + i.ToString("D5", CultureInfo.InvariantCulture);
            node.Metadata.Labels["kubernetes.io/hostname"] = node.Metadata.Name;
            node.Metadata.Labels["topology.kubernetes.io/zone"] = "zone-" + (i % Zones).ToString(CultureInfo.InvariantCulture);
            node.Status.Capacity = new() { ["cpu"] = "32", ["memory"] = "64Gi", ["pods"] = "110" };
            node.Status.Allocatable = new() { ["cpu"] = "32", ["memory"] = "64Gi", ["pods"] = "110" };
            node.Status.Conditions = [new NodeCondition { Type = "Ready", Status = "True" }];
            yield return node;
        }
    }

    public static IEnumerable<Pod> Pods(int count, Action<Pod> change)
    {
        for (var i = 0; i < count; i++)
        {
            var pod = new Pod();
            pod.Metadata.Name = "pod-" + i.ToString("D6", CultureInfo.InvariantCulture);
            pod.Metadata.Namespace = "default";
            pod.Metadata.Uid = pod.Metadata.Name;
            pod.Metadata.Labels["app"] = "bench";
            pod.Spec.SchedulerName = "default-scheduler";
            var container = new Container { Name = "main", Image = "registry.k8s.io/pause:3.10" };
            container.Resources.Requests["cpu"] = "100m";
            container.Resources.Requests["memory"] = "200Mi";
            pod.Spec.Containers.Add(container);
            change(pod);
            yield return pod;
        }
    }
}
