using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Client.Http;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;
using Kobune.Kubectl.Text;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl top node and top pod, over the metrics API.</summary>
internal static class TopVerb
{
    public static readonly Command Definition = new("top", "Display resource (CPU/memory) usage")
    {
        Commands =
        [
            new("node", "Display resource (CPU/memory) usage of nodes")
            {
                Aliases = ["nodes", "no"],
                Usage = "[NAME | -l label]",
                Examples = "# All nodes\nkubectl top node",
                Flags = [ResourceFinder.Selector, Flag.Bool("no-headers", "No header line."), Flag.Bool("show-capacity", "Percentages of the capacity."), Flag.Text("sort-by", "cpu or memory.")],
                Run = NodesAsync,
            },
            new("pod", "Display resource (CPU/memory) usage of pods")
            {
                Aliases = ["pods", "po"],
                Usage = "[NAME | -l label]",
                Examples = "# The pods of the namespace\nkubectl top pod\n\n# Their containers\nkubectl top pod web --containers",
                Flags =
                [
                    ResourceFinder.AllNamespaces, ResourceFinder.Selector, ResourceFinder.FieldSelector, Flag.Bool("containers", "Show the containers."),
                    Flag.Bool("no-headers", "No header line."), Flag.Text("sort-by", "cpu or memory."), Flag.Bool("sum", "Show the sum."),
                ],
                Run = PodsAsync,
            },
        ],
    };

    private static async Task<IReadOnlyList<JsonObject>> MetricsAsync(Invocation i, string resource, string? ns)
    {
        try
        {
            if (i.Arguments.Count > 0)
            {
                return [await i.Cluster.GetAsync(ApiPaths.Resource("metrics.k8s.io", "v1beta1", resource, ns, i.Arguments[0]), i.Cancellation).ConfigureAwait(false)];
            }

            var path = ApiPaths.WithQuery(ApiPaths.Resource("metrics.k8s.io", "v1beta1", resource, ns), ("labelSelector", i.Flags.TextOrNull("selector")));
            return [.. ResourceFinder.ItemsOf(await i.Cluster.GetAsync(path, i.Cancellation).ConfigureAwait(false))];
        }
        catch (KubeStatusException e) when (e.Code == 404 && e.Status.Details?.Name is null or "" && i.Arguments.Count == 0)
        {
            throw new CommandException("Metrics API not available");
        }
    }

    private static (long MilliCpu, long MegaBytes) Usage(JsonObject usage) =>
        (Quantity.Parse(usage.TextOrNull("cpu") ?? "0").MilliValue, Quantity.Parse(usage.TextOrNull("memory") ?? "0").Value / (1024 * 1024));

    private static async Task<int> NodesAsync(Invocation i)
    {
        var metrics = await MetricsAsync(i, "nodes", null).ConfigureAwait(false);
        var nodes = ResourceFinder.ItemsOf(await i.Cluster.GetAsync(ApiPaths.Resource("", "v1", "nodes", null), i.Cancellation).ConfigureAwait(false)).ToDictionary(n => n.Name());
        var table = new TabWriter(6, 3);
        if (!i.Flags.Bool("no-headers"))
        {
            table.WriteLine("NAME\tCPU(cores)\tCPU(%)\tMEMORY(bytes)\tMEMORY(%)");
        }

        var rows = metrics.Select(m => (Name: m.Name(), Usage: Usage(m.Map("usage"))));
        foreach (var (name, usage) in Sort(i, rows))
        {
            var total = nodes.GetValueOrDefault(name).Map("status", i.Flags.Bool("show-capacity") ? "capacity" : "allocatable");
            var (cpu, memory) = Usage(total);
            table.WriteLine($"{name}\t{usage.MilliCpu}m\t{Percent(usage.MilliCpu, cpu)}\t{usage.MegaBytes}Mi\t{Percent(usage.MegaBytes, memory)}");
        }

        i.Out.Write(table.Flush());
        return 0;
    }

    private static string Percent(long used, long total) => total == 0 ? "<unknown>" : $"{used * 100 / total}%";

    private static IEnumerable<(string Name, (long MilliCpu, long MegaBytes) Usage)> Sort(Invocation i, IEnumerable<(string Name, (long MilliCpu, long MegaBytes) Usage)> rows) =>
        i.Flags.Text("sort-by") switch
        {
            "cpu" => rows.OrderByDescending(r => r.Usage.MilliCpu),
            "memory" => rows.OrderByDescending(r => r.Usage.MegaBytes),
            "" => rows.OrderBy(r => r.Name, StringComparer.Ordinal),
            _ => throw new CommandException("--sort-by accepts only cpu or memory"),
        };

    private static async Task<int> PodsAsync(Invocation i)
    {
        var metrics = await MetricsAsync(i, "pods", i.AllNamespaces ? null : i.Namespace).ConfigureAwait(false);
        if (metrics.Count == 0)
        {
            i.Error.WriteLine(i.AllNamespaces ? "No resources found" : $"No resources found in {i.Namespace} namespace.");
            return 0;
        }

        var containers = i.Flags.Bool("containers");
        var rows =
            from pod in metrics
            from row in containers
                ? pod.Objects("containers").Select(c => (Name: $"{Prefix(i, pod)}{pod.Name()}\t{c.Text("name")}", Usage: Usage(c.Map("usage"))))
                : [(Name: Prefix(i, pod) + pod.Name(), Usage: Sum(pod.Objects("containers").Select(c => Usage(c.Map("usage")))))]
            select row;
        var table = new TabWriter(6, 3);
        if (!i.Flags.Bool("no-headers"))
        {
            table.WriteLine($"{(i.AllNamespaces ? "NAMESPACE\t" : "")}{(containers ? "POD\tNAME" : "NAME")}\tCPU(cores)\tMEMORY(bytes)");
        }

        var all = Sort(i, rows).ToArray();
        foreach (var (name, usage) in all)
        {
            table.WriteLine($"{name}\t{usage.MilliCpu}m\t{usage.MegaBytes}Mi");
        }

        if (i.Flags.Bool("sum"))
        {
            var indent = new string('\t', (i.AllNamespaces ? 1 : 0) + (containers ? 1 : 0));
            var sum = Sum(all.Select(r => r.Usage));
            table.WriteLine($"{indent}\t________\t________");
            table.WriteLine($"{indent}\t{sum.Item1}m\t{sum.Item2}Mi");
        }

        i.Out.Write(table.Flush());
        return 0;
    }

    private static string Prefix(Invocation i, JsonObject pod) => i.AllNamespaces ? pod.Namespace() + "\t" : "";

    private static (long, long) Sum(IEnumerable<(long, long)> usages) => usages.Aggregate((0L, 0L), (a, b) => (a.Item1 + b.Item1, a.Item2 + b.Item2));
}
