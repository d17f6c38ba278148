using System.Diagnostics;
using System.Globalization;
using Kobune.Api.Core.V1;
using Kobune.Scheduler.Cache;
using Kobune.Scheduler.Framework;

namespace Kobune.Bench.Scheduling;

/// <summary>
/// How many Pods a second the scheduler places on simulated nodes: choosing and counting alone, one thread, for plain Pods,
/// for Pods that spread over zones, and for Pods that keep away from each other; then plain Pods through the real API.
/// Arguments: nodes (5000), Pods (10000).
/// </summary>
internal static class SchedulerBench
{
    public static async Task RunAsync(string[] args)
    {
        var nodes = Number(args, 0, 5000);
        var pods = Number(args, 1, 10000);
        Place("basic", nodes, pods, static _ => { });
        Place("topology spread", nodes, pods, static pod => pod.Spec.TopologySpreadConstraints =
        [
            new TopologySpreadConstraint { MaxSkew = 1, TopologyKey = "topology.kubernetes.io/zone", WhenUnsatisfiable = "DoNotSchedule", LabelSelector = SimulatedCluster.SameApp },
        ]);
        Place("pod anti-affinity", nodes, Math.Min(pods, nodes), static pod => pod.Spec.Affinity = new Affinity
        {
            PodAntiAffinity = new PodAntiAffinity
            {
                RequiredDuringSchedulingIgnoredDuringExecution = [new PodAffinityTerm { TopologyKey = "kubernetes.io/hostname", LabelSelector = SimulatedCluster.SameApp }],
            },
        });
        await ApiSchedulerBench.RunAsync(nodes, pods);
    }

    private static void Place(string name, int nodes, int pods, Action<Pod> change)
    {
        var cache = new SchedulerCache();
        var pipeline = new Pipeline(new Random(1), 0);
        foreach (var node in SimulatedCluster.Nodes(nodes))
        {
            cache.PutNode(node);
        }

        var waiting = SimulatedCluster.Pods(pods, change).ToList();
        GC.Collect();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var start = Stopwatch.GetTimestamp();
        var placed = 0;
        foreach (var pod in waiting)
        {
            var facts = new PodFacts(pod, cache.Names);
            if (pipeline.Choose(new Attempt(facts, cache)) is { } node)
            {
                cache.Assume(facts, cache.Nodes[node]!.Name);
                placed++;
            }
        }

        var elapsed = Stopwatch.GetElapsedTime(start);
        var memory = GC.GetTotalMemory(forceFullCollection: true) - before;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name,-20} {nodes} nodes  {placed}/{pods} Pods  {placed / elapsed.TotalSeconds,9:n0} Pods/s   {memory / 1024.0 / 1024,6:n1} MB more"));
    }

    private static int Number(string[] args, int index, int otherwise) => args.Length > index ? int.Parse(args[index], CultureInfo.InvariantCulture) : otherwise;
}
