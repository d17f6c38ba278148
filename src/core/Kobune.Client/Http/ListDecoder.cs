using System.Runtime.InteropServices;
using System.Text.Json;
using Kobune.Api;
using Kobune.Api.Meta.V1;

namespace Kobune.Client.Http;

/// <summary>Decodes a list answer: each item by its own slice of the bytes, so that the list's JSON is walked once.</summary>
internal static class ListDecoder
{
    public static ObjectList Decode(ResourceInfo resource, ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        var items = new List<KubeObject>();
        if (document.RootElement.TryGetProperty("items", out var array) && array.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in array.EnumerateArray())
            {
                items.Add(KubeJson.Read(resource, JsonMarshal.GetRawUtf8Value(item)));
            }
        }

        var metadata = document.RootElement.TryGetProperty("metadata", out var meta)
            ? KubeJson.Read<ListMeta>(JsonMarshal.GetRawUtf8Value(meta))
            : new ListMeta();
        return new ObjectList(items, metadata);
    }
}
