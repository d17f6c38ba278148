using System.Text.Json.Nodes;
using Kobune.Client.Http;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;
using Kobune.Kubectl.Text;

namespace Kobune.Kubectl.Describe;

/// <summary>The events of an object, at the end of its description.</summary>
internal static class EventsTable
{
    public static async Task<IReadOnlyList<JsonObject>> FetchAsync(Invocation i, JsonObject obj)
    {
        var selector = $"involvedObject.name={obj.Name()},involvedObject.kind={obj.Text("kind")}";
        if (obj.Namespace() is { Length: > 0 } ns)
        {
            selector += $",involvedObject.namespace={ns}";
        }

        if (obj.Text("kind") != "Node" && obj.TextOrNull("metadata", "uid") is { } uid)
        {
            selector += $",involvedObject.uid={uid}";
        }

        var path = ApiPaths.WithQuery(ApiPaths.Resource("", "v1", "events", obj.Namespace() is { Length: > 0 } n ? n : null), ("fieldSelector", selector), ("limit", "500"));
        try
        {
            return [.. ResourceFinder.ItemsOf(await i.Cluster.GetAsync(path, i.Cancellation).ConfigureAwait(false)).OrderBy(Last)];
        }
        catch (Kobune.Api.KubeStatusException)
        {
            return [];
        }
    }

    public static void Write(DescribeWriter w, IReadOnlyList<JsonObject> events, TimeProvider time)
    {
        if (events.Count == 0)
        {
            w.Line(0, "Events:\t<none>");
            return;
        }

        w.Line(0, "Events:\n  Type\tReason\tAge\tFrom\tMessage");
        w.Line(1, "----\t------\t----\t----\t-------");
        foreach (var e in events)
        {
            var source = e.TextOrNull("source", "component") ?? e.Text("reportingComponent");
            w.Line(1, $"{e.Text("type")}\t{e.Text("reason")}\t{Age(e, time)}\t{source}\t{e.Text("message").Trim()}");
        }
    }

    /// <summary>"5s", or "2m (x3 over 5m)" for what happened several times.</summary>
    public static string Age(JsonObject e, TimeProvider time)
    {
        var first = e.Time("firstTimestamp") ?? e.Time("eventTime") ?? e.Time("metadata", "creationTimestamp");
        if (e.At("series") is JsonObject series)
        {
            return $"{HumanDuration.Since(series.Time("lastObservedTime"), time)} (x{series.Long("count")} over {HumanDuration.Since(first, time)})";
        }

        return e.Long("count") > 1
            ? $"{HumanDuration.Since(e.Time("lastTimestamp"), time)} (x{e.Long("count")} over {HumanDuration.Since(first, time)})"
            : HumanDuration.Since(e.Time("lastTimestamp") ?? first, time);
    }

    public static DateTimeOffset Last(JsonObject e) =>
        e.Time("series", "lastObservedTime") ?? e.Time("lastTimestamp") ?? e.Time("eventTime") ?? e.Time("metadata", "creationTimestamp") ?? DateTimeOffset.MinValue;
}
