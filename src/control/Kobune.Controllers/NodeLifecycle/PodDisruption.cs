using System.Globalization;
using System.Text.Json;
using Kobune.Api.Core.V1;
using Kobune.Client;

namespace Kobune.Controllers.NodeLifecycle;

/// <summary>Notes on a Pod that the cluster, not its owner, is about to end it: the condition DisruptionTarget.</summary>
internal static class PodDisruption
{
    public static async Task MarkAsync(IKubeClient client, Pod pod, string reason, string message, bool fail, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (pod.Condition("DisruptionTarget") is { Status: "True" } && !fail)
        {
            return;
        }

        var since = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var condition = $$"""{"type":"DisruptionTarget","status":"True","reason":"{{reason}}","message":{{JsonSerializer.Serialize(message)}},"lastTransitionTime":"{{since}}"}""";
        var phase = fail ? "\"phase\":\"Failed\"," : "";
        var body = "{\"metadata\":{\"uid\":\"" + pod.Metadata.Uid + "\"},\"status\":{" + phase + "\"conditions\":[" + condition + "]}}";
        try
        {
            await client.PatchAsync<Pod>(pod.Metadata.Namespace, pod.Metadata.Name, PatchKind.StrategicMerge, body, new WriteOptions { Subresource = "status" }, cancellationToken);
        }
        catch (Exception e) when (e.IsNotFound())
        {
            // gone already
        }
    }
}
