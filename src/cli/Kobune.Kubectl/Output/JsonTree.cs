using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Kobune.Kubectl.Output;

/// <summary>Reading JSON trees without ceremony: what is absent is empty.</summary>
internal static class JsonTree
{
    public static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static JsonNode? At(this JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            node = (node as JsonObject)?[name];
        }

        return node;
    }

    public static string Text(this JsonNode? node, params ReadOnlySpan<string> path) => At(node, path) switch
    {
        null => "",
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        var other => other.ToJsonString(Plain),
    };

    public static string? TextOrNull(this JsonNode? node, params ReadOnlySpan<string> path) => Text(node, path) is { Length: > 0 } t ? t : null;

    public static bool Bool(this JsonNode? node, params ReadOnlySpan<string> path) => Text(node, path) == "true";

    public static long Long(this JsonNode? node, params ReadOnlySpan<string> path) =>
        long.TryParse(Text(node, path), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : 0;

    public static long? LongOrNull(this JsonNode? node, params ReadOnlySpan<string> path) =>
        long.TryParse(Text(node, path), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;

    public static JsonArray Items(this JsonNode? node, params ReadOnlySpan<string> path) => At(node, path) as JsonArray ?? [];

    public static IEnumerable<JsonObject> Objects(this JsonNode? node, params ReadOnlySpan<string> path) => Items(node, path).OfType<JsonObject>();

    public static JsonObject Map(this JsonNode? node, params ReadOnlySpan<string> path) => At(node, path) as JsonObject ?? [];

    public static string[] Strings(this JsonNode? node, params ReadOnlySpan<string> path) => [.. Items(node, path).Select(i => i.Text())];

    public static DateTimeOffset? Time(this JsonNode? node, params ReadOnlySpan<string> path) =>
        DateTimeOffset.TryParse(Text(node, path), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var t) ? t : null;

    public static string Name(this JsonNode? node) => Text(node, "metadata", "name");

    public static string Namespace(this JsonNode? node) => Text(node, "metadata", "namespace");

    /// <summary>The object at the path, made when absent.</summary>
    public static JsonObject Ensure(this JsonObject node, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (node[name] is not JsonObject child)
            {
                node[name] = child = [];
            }

            node = child;
        }

        return node;
    }

    /// <summary>A copy whose object keys are in order, as Go prints maps.</summary>
    public static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject o => new JsonObject(o.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, Sorted(p.Value)))),
        JsonArray a => new JsonArray([.. a.Select(Sorted)]),
        _ => node?.DeepClone(),
    };
}
