using Kobune.Api;
using Kobune.Client.Http;

namespace Kobune.Kubectl.Cluster;

/// <summary>What the command line needs to know of one served resource.</summary>
internal sealed record ResourceMapping(string Group, string Version, string Plural, string Singular, string Kind, bool Namespaced)
{
    public IReadOnlyList<string> ShortNames { get; init; } = [];

    public IReadOnlyList<string> Categories { get; init; } = [];

    public IReadOnlyList<string> Verbs { get; init; } = [];

    /// <summary>The built-in schema; null for custom resources.</summary>
    public ResourceInfo? BuiltIn { get; init; }

    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>"deployments.apps", "pods": how errors name it.</summary>
    public string QualifiedPlural => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    /// <summary>"deployment.apps", "pod": how results name it.</summary>
    public string QualifiedSingular => Group.Length == 0 ? Singular : $"{Singular}.{Group}";

    public string Path(string? ns, string? name = null, string? subresource = null) =>
        ApiPaths.Resource(Group, Version, Plural, Namespaced ? ns : null, name, subresource);

    public bool Matches(string argument) =>
        argument == Plural || argument == Singular || argument.Equals(Kind, StringComparison.OrdinalIgnoreCase) || ShortNames.Contains(argument);

    public static ResourceMapping Of(ResourceInfo info) =>
        new(info.Group, info.Version, info.Plural, string.IsNullOrEmpty(info.Singular) ? info.Kind.ToLowerInvariant() : info.Singular, info.Kind, info.Namespaced)
        {
            ShortNames = info.ShortNames,
            Categories = info.Categories,
            Verbs = info.Verbs,
            BuiltIn = info,
        };
}
