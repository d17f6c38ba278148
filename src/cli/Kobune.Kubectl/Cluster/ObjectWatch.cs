using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Client.Http;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Cluster;

/// <summary>Waits for one object to be as wanted: looks, then watches from what it saw.</summary>
internal static class ObjectWatch
{
    /// <param name="done">Gets the object, or null when it does not exist.</param>
    /// <returns>The object for which <paramref name="done"/> held.</returns>
    public static async Task<JsonObject?> UntilAsync(
        Invocation i, ResourceMapping mapping, string? ns, string name, Func<JsonObject?, bool> done, CancellationToken cancellation)
    {
        while (true)
        {
            var path = ApiPaths.WithQuery(mapping.Path(ns), ("fieldSelector", "metadata.name=" + name));
            var list = await i.Cluster.GetAsync(path, cancellation).ConfigureAwait(false);
            var current = ResourceFinder.ItemsOf(list).FirstOrDefault();
            if (done(current))
            {
                return current;
            }

            var watch = ApiPaths.WithQuery(path, ("watch", "true"), ("resourceVersion", list.Text("metadata", "resourceVersion")));
            try
            {
                await foreach (var (type, obj) in i.Cluster.WatchAsync(watch, MediaTypes.Json, cancellation).ConfigureAwait(false))
                {
                    if (type == "ERROR")
                    {
                        break;
                    }

                    current = type == "DELETED" ? null : obj;
                    if (type != "BOOKMARK" && done(current))
                    {
                        return current;
                    }
                }
            }
            catch (KubeStatusException e) when (e.Status.Code == 410)
            {
                // What we saw is too old to go on from: look again.
            }
        }
    }
}
