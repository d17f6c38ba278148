using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Client.Http;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl cordon, uncordon, drain and taint.</summary>
internal static class NodeVerbs
{
    public static readonly Command Cordon = new("cordon", "Mark node as unschedulable")
    {
        Usage = "NODE",
        Examples = "# No new pods on a node\nkubectl cordon worker-1",
        Flags = [DryRun.Flag, ResourceFinder.Selector],
        Run = i => MarkAsync(i, unschedulable: true),
    };

    public static readonly Command Uncordon = new("uncordon", "Mark node as schedulable")
    {
        Usage = "NODE",
        Examples = "# Pods again\nkubectl uncordon worker-1",
        Flags = [DryRun.Flag, ResourceFinder.Selector],
        Run = i => MarkAsync(i, unschedulable: false),
    };

    public static readonly Command Drain = new("drain", "Drain node in preparation for maintenance")
    {
        Usage = "NODE",
        Long = "Drain node in preparation for maintenance: no new pods, and those that are there are evicted, with respect to disruption budgets. Pods of daemon sets stay.",
        Examples = "# Empty a node\nkubectl drain worker-1 --ignore-daemonsets",
        Flags =
        [
            Flag.Int("chunk-size", "Fetch long lists in pieces.", 500), Flag.Bool("delete-emptydir-data", "Also evict pods whose emptyDir data is lost with them."), Flag.Bool("disable-eviction", "Delete instead of evicting."),
            DryRun.Flag, Flag.Bool("force", "Also evict pods that nothing would create again."), Flag.Int("grace-period", "Seconds that each pod has; -1 its own.", -1),
            Flag.Bool("ignore-daemonsets", "Leave pods of daemon sets alone."), Flag.Text("pod-selector", "Only pods with these labels."), ResourceFinder.Selector,
            Flag.Int("skip-wait-for-delete-timeout", "Do not wait for pods that have been ending for longer.", 0), Flag.Duration("timeout", "How long to wait; 0 without end."),
        ],
        Run = DrainAsync,
    };

    public static readonly Command Taint = new("taint", "Update the taints on one or more nodes")
    {
        Usage = "NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N",
        Examples = """
            # Keep pods away that do not tolerate it
            kubectl taint nodes worker-1 dedicated=gpu:NoSchedule

            # Remove it
            kubectl taint nodes worker-1 dedicated:NoSchedule-
            """,
        Flags = [Flag.Bool("all", "All nodes."), DryRun.Flag, Flag.Bool("overwrite", "Existing taints may be changed."), ResourceFinder.Selector, Validation.Flag, .. OutputFormat.Flags],
        Run = TaintAsync,
    };

    private static async Task<IReadOnlyList<ResourceItem>> NodesAsync(Invocation i)
    {
        var mapping = await i.Cluster.Mapper.ByArgumentAsync("nodes", i.Cancellation).ConfigureAwait(false);
        if (i.Flags.TextOrNull("selector") is not null)
        {
            return await ResourceFinder.ListAsync(i, mapping).ConfigureAwait(false);
        }

        if (i.Arguments.Count == 0)
        {
            throw new CommandException($"USAGE: {i.Command.Name} NODE [flags]\nSee '{i.Command.FullName} -h' for help and examples");
        }

        var nodes = new List<ResourceItem>();
        foreach (var name in i.Arguments.Select(a => a[(a.IndexOf('/', StringComparison.Ordinal) + 1)..]))
        {
            var item = new ResourceItem(mapping, null, name);
            nodes.Add(item with { Object = await i.Cluster.GetAsync(item.Path, i.Cancellation).ConfigureAwait(false) });
        }

        return nodes;
    }

    private static async Task<int> MarkAsync(Invocation i, bool unschedulable)
    {
        foreach (var node in await NodesAsync(i).ConfigureAwait(false))
        {
            await MarkAsync(i, node, unschedulable).ConfigureAwait(false);
        }

        return 0;
    }

    private static async Task MarkAsync(Invocation i, ResourceItem node, bool unschedulable)
    {
        var word = unschedulable ? "cordoned" : "uncordoned";
        if (node.Object!.Bool("spec", "unschedulable") == unschedulable)
        {
            i.Out.WriteLine($"{node.Reference} already {word}{DryRun.Suffix(i)}");
            return;
        }

        if (DryRun.Of(i) != DryRun.Client)
        {
            var patch = new JsonObject { ["spec"] = new JsonObject { ["unschedulable"] = unschedulable ? true : null } };
            await i.Cluster.SendAsync(
                HttpMethod.Patch, ApiPaths.WithQuery(node.Path, ("dryRun", DryRun.Query(i))), patch, i.Cancellation, MediaTypes.StrategicMergePatch).ConfigureAwait(false);
        }

        i.Out.WriteLine($"{node.Reference} {word}{DryRun.Suffix(i)}");
    }

    private static async Task<int> DrainAsync(Invocation i)
    {
        foreach (var node in await NodesAsync(i).ConfigureAwait(false))
        {
            await MarkAsync(i, node, unschedulable: true).ConfigureAwait(false);
            var pods = await SelectAsync(i, node).ConfigureAwait(false);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(i.Cancellation);
            if (i.Flags.Duration("timeout") is { Ticks: > 0 } timeout)
            {
                limit.CancelAfter(timeout);
            }

            try
            {
                await Task.WhenAll(pods.Select(p => EvictAsync(i, p, limit.Token))).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!i.Cancellation.IsCancellationRequested)
            {
                throw new CommandException($"unable to drain node {GoText.Quote(node.Name)} due to error: drain did not complete within {CommandLine.GoDuration.Format(i.Flags.Duration("timeout"))}");
            }

            i.Out.WriteLine($"{node.Reference} drained{DryRun.Suffix(i)}");
        }

        return 0;
    }

    private static async Task<IReadOnlyList<JsonObject>> SelectAsync(Invocation i, ResourceItem node)
    {
        var path = ApiPaths.WithQuery(ApiPaths.Resource("", "v1", "pods", null), ("fieldSelector", "spec.nodeName=" + node.Name), ("labelSelector", i.Flags.TextOrNull("pod-selector")));
        var chosen = new List<JsonObject>();
        var problems = new List<string>();
        var ignored = new List<string>();
        foreach (var pod in ResourceFinder.ItemsOf(await i.Cluster.GetAsync(path, i.Cancellation).ConfigureAwait(false)))
        {
            var reference = $"{pod.Namespace()}/{pod.Name()}";
            if (pod.TextOrNull("metadata", "annotations", "kubernetes.io/config.mirror") is not null)
            {
                continue;
            }

            var finished = pod.Text("status", "phase") is "Succeeded" or "Failed";
            var owner = pod.Objects("metadata", "ownerReferences").FirstOrDefault(o => o.Bool("controller"));
            if (owner?.Text("kind") == "DaemonSet" && !finished)
            {
                (i.Flags.Bool("ignore-daemonsets") ? ignored : problems).Add(i.Flags.Bool("ignore-daemonsets") ? reference : $"cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): {reference}");
                continue;
            }

            if (owner is null && !finished && !i.Flags.Bool("force"))
            {
                problems.Add($"cannot delete Pods that declare no controller (use --force to override): {reference}");
            }
            else if (!finished && !i.Flags.Bool("delete-emptydir-data") && pod.Objects("spec", "volumes").Any(v => v.ContainsKey("emptyDir")))
            {
                problems.Add($"cannot delete Pods with local storage (use --delete-emptydir-data to override): {reference}");
            }
            else
            {
                chosen.Add(pod);
            }
        }

        if (problems.Count > 0)
        {
            throw new CommandException($"unable to drain node {GoText.Quote(node.Name)} due to error: [{string.Join(", ", problems)}], continuing command...\nThere are pending nodes to be drained:\n {node.Name}\n{string.Join('\n', problems)}");
        }

        if (ignored.Count > 0)
        {
            i.Error.WriteLine($"Warning: ignoring DaemonSet-managed Pods: {string.Join(", ", ignored)}");
        }

        return chosen;
    }

    private static async Task EvictAsync(Invocation i, JsonObject pod, CancellationToken cancellation)
    {
        i.Out.WriteLine($"evicting pod {pod.Namespace()}/{pod.Name()}{DryRun.Suffix(i)}");
        if (DryRun.Of(i) == DryRun.Client)
        {
            return;
        }

        var options = new JsonObject();
        if (i.Flags.Int("grace-period") >= 0)
        {
            options["gracePeriodSeconds"] = i.Flags.Int("grace-period");
        }

        while (true)
        {
            try
            {
                await (i.Flags.Bool("disable-eviction")
                    ? i.Cluster.SendAsync(HttpMethod.Delete, ApiPaths.Resource("", "v1", "pods", pod.Namespace(), pod.Name()), options.DeepClone(), cancellation)
                    : i.Cluster.SendAsync(HttpMethod.Post, ApiPaths.Resource("", "v1", "pods", pod.Namespace(), pod.Name(), "eviction"), new JsonObject
                    {
                        ["apiVersion"] = "policy/v1",
                        ["kind"] = "Eviction",
                        ["metadata"] = new JsonObject { ["name"] = pod.Name(), ["namespace"] = pod.Namespace() },
                        ["deleteOptions"] = options.DeepClone(),
                    }, cancellation)).ConfigureAwait(false);
                break;
            }
            catch (KubeStatusException e) when (e.IsNotFound)
            {
                return;
            }
            catch (KubeStatusException e) when (e.IsTooManyRequests)
            {
                i.Error.WriteLine($"error when evicting pods/{GoText.Quote(pod.Name())} -n {GoText.Quote(pod.Namespace())} (will retry after 5s): {e.Message}");
                await Task.Delay(TimeSpan.FromSeconds(5), i.Time, cancellation).ConfigureAwait(false);
            }
        }

        var mapping = await i.Cluster.Mapper.ByArgumentAsync("pods", cancellation).ConfigureAwait(false);
        var uid = pod.Text("metadata", "uid");
        await ObjectWatch.UntilAsync(i, mapping, pod.Namespace(), pod.Name(), p => p is null || p.Text("metadata", "uid") != uid, cancellation).ConfigureAwait(false);
        i.Out.WriteLine($"pod/{pod.Name()} evicted");
    }

    private static async Task<int> TaintAsync(Invocation i)
    {
        var changes = i.Arguments.Where(a => a.EndsWith('-') || a.Contains(':', StringComparison.Ordinal)).ToArray();
        var objects = i.Arguments.Except(changes).ToArray();
        if (changes.Length == 0)
        {
            throw new CommandException("at least one taint update is required");
        }

        var reporter = new ResultReporter(i);
        foreach (var item in await ResourceFinder.FindAsync(i, objects).ConfigureAwait(false))
        {
            var changed = (JsonObject)item.Object!.DeepClone();
            var taints = changed.Items("spec", "taints").DeepClone().AsArray();
            foreach (var change in changes)
            {
                Apply(i, item, taints, change);
            }

            if (taints.Count == 0)
            {
                changed.Ensure("spec").Remove("taints");
            }
            else
            {
                changed.Ensure("spec")["taints"] = taints;
            }

            var removal = changes.All(c => c.EndsWith('-'));
            reporter.Report(item, removal ? "untainted" : i.Flags.Bool("overwrite") ? "modified" : "tainted", await SaveAsync(i, item, changed).ConfigureAwait(false));
        }

        reporter.Finish();
        return 0;
    }

    private static async Task<JsonObject> SaveAsync(Invocation i, ResourceItem item, JsonObject changed)
    {
        if (DryRun.Of(i) == DryRun.Client)
        {
            return changed;
        }

        var patch = new JsonObject { ["spec"] = new JsonObject { ["taints"] = changed.At("spec", "taints")?.DeepClone() } };
        return await i.Cluster.SendAsync(
            HttpMethod.Patch, ApiPaths.WithQuery(item.Path, ("fieldManager", "kubectl-taint"), ("dryRun", DryRun.Query(i))), patch, i.Cancellation, MediaTypes.MergePatch).ConfigureAwait(false);
    }

    private static void Apply(Invocation i, ResourceItem item, JsonArray taints, string change)
    {
        var removal = change.EndsWith('-');
        var text = removal ? change[..^1] : change;
        var colon = text.LastIndexOf(':');
        var effect = colon < 0 ? "" : text[(colon + 1)..];
        var pair = (colon < 0 ? text : text[..colon]).Split('=', 2);
        if (effect is not ("" or "NoSchedule" or "PreferNoSchedule" or "NoExecute"))
        {
            throw new CommandException($"invalid taint effect: {effect}, unsupported taint effect");
        }

        var existing = taints.OfType<JsonObject>().Where(t => t.Text("key") == pair[0] && (effect.Length == 0 || t.Text("effect") == effect)).ToArray();
        if (removal)
        {
            if (existing.Length == 0)
            {
                throw new CommandException($"taint {GoText.Quote(text)} not found");
            }

            foreach (var taint in existing)
            {
                taints.Remove(taint);
            }

            return;
        }

        if (existing.Length > 0 && !i.Flags.Bool("overwrite"))
        {
            throw new CommandException($"node {item.Name} already has {pair[0]} taint(s) with same effect(s) and --overwrite is false");
        }

        foreach (var taint in existing)
        {
            taints.Remove(taint);
        }

        var added = new JsonObject { ["effect"] = effect, ["key"] = pair[0] };
        if (pair.Length == 2)
        {
            added["value"] = pair[1];
        }

        taints.Add(added);
    }
}
