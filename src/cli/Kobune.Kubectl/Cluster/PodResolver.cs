using System.Text.Json.Nodes;
using Kobune.Client.Http;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Cluster;

/// <summary>From "web", "pod/web", "deployment/web", "job/web", "svc/web" to Pods.</summary>
internal static class PodResolver
{
    /// <summary>The Pod itself, or the best one behind the workload: running and ready before others.</summary>
    public static async Task<JsonObject> OneAsync(Invocation i, string reference)
    {
        var item = await ResourceArguments.OneAsync(i, [reference], defaultType: "pods").ConfigureAwait(false);
        if (item.Mapping.Plural == "pods")
        {
            return await i.Cluster.GetAsync(item.Path, i.Cancellation).ConfigureAwait(false);
        }

        var deadline = i.Time.GetUtcNow() + (i.Flags.Has("pod-running-timeout") ? i.Flags.Duration("pod-running-timeout") : TimeSpan.Zero);
        while (true)
        {
            if ((await BehindAsync(i, item).ConfigureAwait(false)).FirstOrDefault() is { } pod)
            {
                return pod;
            }

            if (i.Time.GetUtcNow() >= deadline)
            {
                throw new CommandException("timed out waiting for the condition");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(250), i.Time, i.Cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>The Pods that the selector of a workload or service selects, best first.</summary>
    public static async Task<IReadOnlyList<JsonObject>> BehindAsync(Invocation i, ResourceItem item)
    {
        var obj = await i.Cluster.GetAsync(item.Path, i.Cancellation).ConfigureAwait(false);
        var selector = SelectorText.Of(obj)
            ?? throw new CommandException($"cannot attach to *{item.Mapping.Kind}: selector for {item.Mapping.Plural} is not known");
        return await SelectedAsync(i, selector).ConfigureAwait(false);
    }

    public static async Task<IReadOnlyList<JsonObject>> SelectedAsync(Invocation i, string selector)
    {
        var pods = await i.Cluster.GetAsync(
            ApiPaths.WithQuery(ApiPaths.Resource("", "v1", "pods", i.AllNamespaces ? null : i.Namespace), ("labelSelector", selector)), i.Cancellation).ConfigureAwait(false);
        return
        [
            .. ResourceFinder.ItemsOf(pods)
                .OrderBy(p => p.Text("spec", "nodeName").Length == 0)
                .ThenBy(p => p.Text("status", "phase") switch { "Running" => 0, "Pending" => 1, _ => 2 })
                .ThenBy(p => p.Objects("status", "conditions").Any(c => c.Text("type") == "Ready" && c.Text("status") == "True") ? 0 : 1)
                .ThenBy(p => p.Time("metadata", "creationTimestamp")),
        ];
    }

    /// <summary>The container to use when none is named: the annotated one, else the first, with a notice when there are several.</summary>
    public static string DefaultContainer(Invocation i, JsonObject pod, bool quiet = false)
    {
        var containers = pod.Objects("spec", "containers").Select(c => c.Text("name")).ToArray();
        if (pod.TextOrNull("metadata", "annotations", "kubectl.kubernetes.io/default-container") is { } named)
        {
            if (containers.Contains(named))
            {
                return named;
            }

            i.Error.WriteLine($"Default container name {GoText.Quote(named)} not found in pod {pod.Name()}");
        }

        if (containers.Length > 1 && !quiet)
        {
            var all = containers
                .Concat(pod.Objects("spec", "initContainers").Select(c => c.Text("name") + " (init)"))
                .Concat(pod.Objects("spec", "ephemeralContainers").Select(c => c.Text("name") + " (ephem)"));
            i.Error.WriteLine($"Defaulted container {GoText.Quote(containers[0])} out of: {string.Join(", ", all)}");
        }

        return containers.FirstOrDefault() ?? throw new CommandException($"pod {pod.Name()} has no containers");
    }
}
