using System.Text.Json.Nodes;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Cluster;

/// <summary>Label selectors of objects, in the notation of -l.</summary>
internal static class SelectorText
{
    /// <summary>The selector of a workload or service; null when it has none.</summary>
    public static string? Of(JsonObject obj) => obj.Text("kind") switch
    {
        "Service" or "ReplicationController" => FormatMap(obj.Map("spec", "selector")) is { Length: > 0 } text ? text : null,
        _ => obj.At("spec", "selector") is JsonObject selector && Format(selector) is { Length: > 0 } text ? text : null,
    };

    public static string Format(JsonObject selector) => string.Join(',', selector.Map("matchLabels")
        .OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value.Text()}")
        .Concat(selector.Objects("matchExpressions").Select(Requirement)));

    public static string FormatMap(JsonObject labels) =>
        string.Join(',', labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value.Text()}"));

    private static string Requirement(JsonObject expression)
    {
        var key = expression.Text("key");
        var values = string.Join(',', expression.Strings("values"));
        return expression.Text("operator") switch
        {
            "In" => $"{key} in ({values})",
            "NotIn" => $"{key} notin ({values})",
            "Exists" => key,
            _ => "!" + key,
        };
    }
}
