using System.Runtime.InteropServices;
using System.Text.Json;
using Kobune.Api;
using Kobune.Api.Meta.V1;

namespace Kobune.Client.Http;

/// <summary>Decodes one line of a watch. An ERROR event is thrown as the Status that it carries.</summary>
internal static class WatchEventDecoder
{
    public static WatchEvent Decode(ResourceInfo resource, ReadOnlyMemory<byte> line)
    {
        using var document = JsonDocument.Parse(line);
        var body = JsonMarshal.GetRawUtf8Value(document.RootElement.GetProperty("object"));
        var type = document.RootElement.GetProperty("type").GetString() switch
        {
            "ADDED" => WatchEventType.Added,
            "MODIFIED" => WatchEventType.Modified,
            "DELETED" => WatchEventType.Deleted,
            "BOOKMARK" => WatchEventType.Bookmark,
            _ => throw new KubeStatusException(KubeJson.Read<Status>(body)),
        };
        return new WatchEvent(type, KubeJson.Read(resource, body));
    }
}
