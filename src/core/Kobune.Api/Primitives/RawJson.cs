namespace Kobune.Api;

using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

/// <summary>JSON kept as it came: an embedded object, a CRD default, managed fields. Immutable.</summary>
public sealed class RawJson : IEquatable<RawJson>
{
    public RawJson(ReadOnlyMemory<byte> utf8) => Utf8 = utf8;

    /// <summary>The UTF-8 text of one JSON value.</summary>
    public ReadOnlyMemory<byte> Utf8 { get; }

    public static RawJson Parse(string json) => new(Encoding.UTF8.GetBytes(json));

    public static RawJson From(JsonNode? node) => new(JsonOut.ToBytes(w =>
    {
        if (node == null)
        {
            w.WriteNullValue();
        }
        else
        {
            node.WriteTo(w);
        }
    }));

    public static RawJson From(KubeObject obj) => new(KubeJson.Write(obj));

    /// <summary>The JSON string of a text, for the cells of a table.</summary>
    public static RawJson Text(string text) => new(Encoding.UTF8.GetBytes("\"" + JsonEncodedText.Encode(text, JsonOut.Encoder) + "\""));

    /// <summary>The literal null.</summary>
    public static RawJson Null { get; } = Parse("null");

    public JsonNode? ToNode() => JsonNode.Parse(Utf8.Span);
    public bool Equals(RawJson? other) => other != null && Utf8.Span.SequenceEqual(other.Utf8.Span);
    public override bool Equals(object? obj) => Equals(obj as RawJson);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Utf8.Span);
        return hash.ToHashCode();
    }

    public override string ToString() => Encoding.UTF8.GetString(Utf8.Span);
}
