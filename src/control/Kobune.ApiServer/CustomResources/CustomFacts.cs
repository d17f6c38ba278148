using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Api.ApiExtensions.V1;

namespace Kobune.ApiServer.CustomResources;

/// <summary>What a definition says about the fields of its objects beyond the schema: where the scale is, what can be selected.</summary>
internal sealed class CustomFacts
{
    private static readonly ConditionalWeakTable<ResourceInfo, CustomFacts> Known = [];

    private readonly CustomResourceSubresourceScale? scale;
    private readonly HashSet<string> selectable;

    private CustomFacts(CustomResourceDefinition definition, CustomResourceDefinitionVersion version)
    {
        Schema = version.Schema?.OpenAPIV3Schema;
        Stamp = $"{definition.Metadata.Uid}/{definition.Metadata.Generation}/{definition.Status.AcceptedNames}";
        scale = version.Subresources?.Scale;
        selectable = [.. version.SelectableFields.Select(f => f.JsonPath.TrimStart('.'))];
    }

    public JSONSchemaProps? Schema { get; }

    /// <summary>Changes whenever what is served of the version may have changed.</summary>
    public string Stamp { get; }

    public static void Register(ResourceInfo info, CustomResourceDefinition definition, CustomResourceDefinitionVersion version) =>
        Known.Add(info, new CustomFacts(definition, version));

    /// <summary>null for built-in resources.</summary>
    public static CustomFacts? Of(ResourceInfo info) => Known.TryGetValue(info, out var facts) ? facts : null;

    public bool IsSelectable(string field) => selectable.Contains(field);

    /// <summary>The text of a selectable field; empty when the object does not have it.</summary>
    public static string Selected(DynamicObject obj, string field) => At(obj.Content, field) switch
    {
        null => "",
        JsonValue value when value.TryGetValue(out string? text) => text,
        var other => other.ToJsonString(),
    };

    /// <exception cref="KubeStatusException">500 when the object has no such field.</exception>
    public (int Wanted, int Present, string Selector) Scale(DynamicObject obj)
    {
        var paths = scale!;
        var wanted = Number(obj, paths.SpecReplicasPath)
            ?? throw StatusErrors.InternalError($"the spec replicas field \"{paths.SpecReplicasPath}\" does not exist");
        var selector = paths.LabelSelectorPath is { Length: > 0 } path ? Selected(obj, path.TrimStart('.')) : "";
        return (wanted, Number(obj, paths.StatusReplicasPath) ?? 0, selector);
    }

    public void SetReplicas(DynamicObject obj, int replicas)
    {
        var names = scale!.SpecReplicasPath.TrimStart('.').Split('.');
        var at = obj.Content;
        foreach (var name in names[..^1])
        {
            if (at[name] is not JsonObject next)
            {
                at[name] = next = [];
            }

            at = next;
        }

        at[names[^1]] = replicas;
    }

    private static int? Number(DynamicObject obj, string path) =>
        At(obj.Content, path.TrimStart('.')) is JsonValue value && value.GetValueKind() == JsonValueKind.Number
            && int.TryParse(value.ToJsonString(), CultureInfo.InvariantCulture, out var number) ? number : null;

    private static JsonNode? At(JsonNode? node, string path)
    {
        foreach (var name in path.Split('.'))
        {
            node = (node as JsonObject)?[name];
        }

        return node;
    }
}
