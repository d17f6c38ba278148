using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kobune.Api;

namespace Kobune.ApiServer.Patching;

/// <summary>JSON trees to bytes and back, as Kubernetes writes them (no needless escapes).</summary>
internal static class JsonText
{
    public static byte[] Write(JsonNode node)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = KubeJson.Writer(buffer))
        {
            node.WriteTo(writer);
        }
        return buffer.WrittenSpan.ToArray();
    }

    public static JsonObject ToTree(KubeObject obj)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        KubeJson.Write(buffer, obj);
        return JsonNode.Parse(buffer.WrittenSpan, documentOptions: new JsonDocumentOptions { MaxDepth = 512 })!.AsObject();
    }
}
