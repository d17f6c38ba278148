using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Kobune.ApiServer.Patching.Fields;

/// <summary>
/// One step of a path to a field, in the notation of fieldsV1: <c>f:name</c> a member, <c>k:{…}</c> the item of a list map with these
/// key values, <c>v:…</c> the item of a set with this value, <c>i:N</c> the N-th item of a list.
/// </summary>
internal readonly record struct PathElement(string Text) : IComparable<PathElement>
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static PathElement Field(string name) => new("f:" + name);

    public static PathElement Value(JsonNode? value) => new("v:" + (value?.ToJsonString(RelaxedOptions) ?? "null"));

    /// <summary>The key of a list-map item. A missing key field counts as its default, or is left out.</summary>
    public static PathElement Key(IReadOnlyList<(string Name, JsonNode? Value)> keys)
    {
        var buffer = new ArrayBufferWriter<byte>(64);
        using (var writer = new Utf8JsonWriter(buffer, Compact))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in keys.OrderBy(k => k.Name, StringComparer.Ordinal))
            {
                writer.WritePropertyName(name);
                if (value is null)
                {
                    writer.WriteNullValue();
                }
                else
                {
                    value.WriteTo(writer);
                }
            }
            writer.WriteEndObject();
        }
        return new("k:" + Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    public bool IsField => Text.StartsWith("f:", StringComparison.Ordinal);

    public string FieldName => Text[2..];

    /// <summary>How error messages show it: <c>.name</c>, <c>[name="x"]</c>, <c>[="x"]</c>, <c>[3]</c>.</summary>
    public override string ToString() => Text[0] switch
    {
        'f' => "." + Text[2..],
        'k' => "[" + string.Join(",", JsonNode.Parse(Text[2..])!.AsObject().Select(m => $"{m.Key}={m.Value?.ToJsonString(RelaxedOptions) ?? "null"}")) + "]",
        'v' => $"[={Text[2..]}]",
        _ => $"[{Text[2..]}]",
    };

    public int CompareTo(PathElement other) => string.CompareOrdinal(Text, other.Text);

    private static readonly JsonSerializerOptions RelaxedOptions = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
