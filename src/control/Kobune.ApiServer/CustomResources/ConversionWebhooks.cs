using System.Text.Json;
using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Api.ApiExtensions.V1;
using Kobune.ApiServer.Admission.Webhooks;
using Kobune.ApiServer.Registry;

namespace Kobune.ApiServer.CustomResources;

/// <summary>Asks conversion webhooks (apiextensions.k8s.io/v1 ConversionReview). What one has made of a stored object is remembered with it.</summary>
internal sealed class ConversionWebhooks(ApiServerServices services, WebhookClients clients)
{
    private const int TimeoutSeconds = 30;
    private const int MaxObjects = 500;

    /// <summary>Converts those stored objects that the version cannot show yet.</summary>
    /// <exception cref="KubeStatusException">500: the webhook failed or refused.</exception>
    public async ValueTask PrepareAsync(CustomVersion version, IEnumerable<StoredObject> items, CancellationToken cancellationToken)
    {
        foreach (var part in items.Where(version.NeedsConversion).Chunk(MaxObjects))
        {
            var converted = await ConvertAsync(version.Conversion, [.. part.Select(p => JsonNode.Parse(p.Json))], version.Info, cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < part.Length; i++)
            {
                version.Keep(part[i], converted[i]);
            }
        }
    }

    /// <summary>One written object in the version that is stored.</summary>
    /// <exception cref="KubeStatusException">500: the webhook failed or refused.</exception>
    public async ValueTask<KubeObject> ToStorageAsync(CustomVersion version, KubeObject served, CancellationToken cancellationToken)
    {
        if (!version.Conversion.IsWebhook || version.Info == version.Conversion.Storage)
        {
            return version.Conversion.ToStorage(served);
        }

        return (await ConvertAsync(version.Conversion, [JsonNode.Parse(KubeJson.Write(served))], version.Conversion.Storage, cancellationToken).ConfigureAwait(false))[0];
    }

    private async ValueTask<DynamicObject[]> ConvertAsync(CustomConversion conversion, JsonArray objects, ResourceInfo wanted, CancellationToken cancellationToken)
    {
        var kind = $"{wanted.Group}/{wanted.Version}, Kind={wanted.Kind}";
        if (conversion.Webhook?.ClientConfig is not { } client)
        {
            throw Failed(kind, "no webhook is configured");
        }

        var uid = GeneratedNames.Uid(services.Random);
        var version = conversion.Webhook.ConversionReviewVersions.Find(v => v is "v1" or "v1beta1") ?? "v1";
        var names = objects.Select(o => (Uid: o?["metadata"]?["uid"]?.GetValue<string>(), Name: o?["metadata"]?["name"]?.GetValue<string>())).ToList();
        var review = new JsonObject
        {
            ["kind"] = "ConversionReview",
            ["apiVersion"] = "apiextensions.k8s.io/" + version,
            ["request"] = new JsonObject { ["uid"] = uid, ["desiredAPIVersion"] = wanted.ApiVersion, ["objects"] = objects },
        };
        JsonNode? response;
        try
        {
            var answer = await clients.PostAsync(WebhookAddress.Of(client), Patching.JsonText.Write(review), TimeoutSeconds, cancellationToken).ConfigureAwait(false);
            response = JsonNode.Parse(answer)?["response"];
        }
        catch (Exception e) when (e is WebhookException or JsonException)
        {
            throw Failed(kind, e.Message);
        }

        if (response?["uid"]?.GetValue<string>() != uid)
        {
            throw Failed(kind, $"expected response.uid=\"{uid}\"");
        }

        if (response["result"]?["status"]?.GetValue<string>() != "Success")
        {
            throw Failed(kind, response["result"]?["message"]?.GetValue<string>() ?? "unknown error");
        }

        if (response["convertedObjects"] is not JsonArray converted || converted.Count != names.Count)
        {
            throw Failed(kind, $"webhook returned {(response["convertedObjects"] as JsonArray)?.Count ?? 0} objects, expected {names.Count}");
        }

        var result = new DynamicObject[converted.Count];
        for (var i = 0; i < result.Length; i++)
        {
            var node = converted[i];
            if (node?["apiVersion"]?.GetValue<string>() != wanted.ApiVersion || node["metadata"]?["uid"]?.GetValue<string>() != names[i].Uid || node["metadata"]?["name"]?.GetValue<string>() != names[i].Name)
            {
                throw Failed(kind, $"webhook returned an invalid converted object at index {i}");
            }

            result[i] = (DynamicObject)KubeJson.Read(wanted, Patching.JsonText.Write(node));
        }

        return result;
    }

    private static KubeStatusException Failed(string kind, string why) => StatusErrors.InternalError($"conversion webhook for {kind} failed: {why}");
}
