using System.Text.Json.Nodes;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Cluster;

/// <summary>One object that a command is about: where it lives, and its content when it is known.</summary>
internal sealed record ResourceItem(ResourceMapping Mapping, string? Namespace, string Name)
{
    /// <summary>From the server, or from a manifest.</summary>
    public JsonObject? Object { get; init; }

    /// <summary>The file that it came from, empty otherwise.</summary>
    public string Source { get; init; } = "";

    public string Path => Mapping.Path(Namespace, Name);

    /// <summary>"pod/web", "deployment.apps/web".</summary>
    public string Reference => $"{Mapping.QualifiedSingular}/{Name}";

    public static ResourceItem Of(ResourceMapping mapping, JsonObject obj, string source = "") =>
        new(mapping, mapping.Namespaced ? obj.Namespace() : null, obj.Name()) { Object = obj, Source = source };
}

/// <summary>What the arguments select: named objects, or whole resources to list.</summary>
internal sealed record ResourceSelection(IReadOnlyList<ResourceMapping> Lists, IReadOnlyList<(ResourceMapping Mapping, string Name)> Named)
{
    /// <summary>One object by name, so that it is shown alone and not as a list.</summary>
    public bool IsSingle => Named.Count == 1 && Lists.Count == 0;

    public int ResourceCount => Lists.Concat(Named.Select(n => n.Mapping)).Distinct().Count();
}
