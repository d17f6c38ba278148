using Kobune.Api;
using Kobune.Kubectl.CommandLine;

namespace Kobune.Kubectl.Cluster;

/// <summary>
/// Names and kinds to resources. The built-in table answers without a round trip; discovery is asked only for names that
/// it does not know.
/// </summary>
internal sealed class ResourceMapper(Discovery discovery)
{
    private static readonly Lazy<IReadOnlyList<ResourceMapping>> BuiltIns =
        new(() => ResourceInfo.BuiltIns.Where(i => i.Verbs.Count > 0).Select(ResourceMapping.Of).ToArray());

    private IReadOnlyList<ResourceMapping>? _discovered;

    /// <summary>The resource of an argument: "po", "pods", "deployments.apps", "deployments.v1.apps".</summary>
    /// <exception cref="CommandException">The server has no such resource.</exception>
    public async Task<ResourceMapping> ByArgumentAsync(string argument, CancellationToken cancellation)
    {
        var wanted = argument.ToLowerInvariant();
        return Find(BuiltIns.Value, wanted)
            ?? Find(await DiscoveredAsync(cancellation).ConfigureAwait(false), wanted)
            ?? throw new CommandException($"the server doesn't have a resource type \"{argument}\"");
    }

    /// <summary>The resource of an object's apiVersion and kind; null when the server does not serve it.</summary>
    public async Task<ResourceMapping?> ByKindAsync(string apiVersion, string kind, CancellationToken cancellation) =>
        FindKind(BuiltIns.Value, apiVersion, kind)
        ?? FindKind(await DiscoveredAsync(cancellation).ConfigureAwait(false), apiVersion, kind);

    /// <summary>All resources of a category such as "all"; empty when there is no such category.</summary>
    public async Task<IReadOnlyList<ResourceMapping>> CategoryAsync(string name, CancellationToken cancellation)
    {
        var builtIn = BuiltIns.Value.Where(m => m.Categories.Contains(name)).ToArray();
        if (builtIn.Length > 0 && name == "all")
        {
            return Order(builtIn);
        }

        return builtIn.Length > 0
            ? builtIn
            : [.. (await DiscoveredAsync(cancellation).ConfigureAwait(false)).Where(m => m.Categories.Contains(name))];
    }

    public static bool IsCategory(string name) => name == "all" || BuiltIns.Value.Any(m => m.Categories.Contains(name));

    /// <summary>One version of each resource, core group first.</summary>
    private static ResourceMapping[] Order(IEnumerable<ResourceMapping> mappings)
    {
        string[] order =
        [
            "pods", "replicationcontrollers", "services", "daemonsets", "deployments", "replicasets", "statefulsets",
            "horizontalpodautoscalers", "cronjobs", "jobs",
        ];
        return [.. mappings.DistinctBy(m => m.QualifiedPlural).OrderBy(m => Array.IndexOf(order, m.Plural) is var i and >= 0 ? i : int.MaxValue)];
    }

    private async Task<IReadOnlyList<ResourceMapping>> DiscoveredAsync(CancellationToken cancellation) =>
        _discovered ??= await discovery.ResourcesAsync(cancellation).ConfigureAwait(false);

    private static ResourceMapping? Find(IReadOnlyList<ResourceMapping> mappings, string argument)
    {
        var exact = mappings.FirstOrDefault(m => m.Matches(argument));
        if (exact is not null || !argument.Contains('.', StringComparison.Ordinal))
        {
            return exact;
        }

        var parts = argument.Split('.', 3);
        return (parts.Length == 3
                ? mappings.FirstOrDefault(m => m.Matches(parts[0]) && m.Version == parts[1] && m.Group == parts[2])
                : parts[1].Length > 1 && parts[1][0] == 'v' && char.IsDigit(parts[1][1])
                    ? mappings.FirstOrDefault(m => m.Matches(parts[0]) && m.Version == parts[1] && m.Group.Length == 0)
                    : null)
            ?? mappings.FirstOrDefault(m => m.Matches(parts[0]) && m.Group == argument[(parts[0].Length + 1)..])
            ?? mappings.FirstOrDefault(m => m.Matches(parts[0]) && m.Group.StartsWith(argument[(parts[0].Length + 1)..], StringComparison.Ordinal) && m.Group.Length > 0);
    }

    private static ResourceMapping? FindKind(IReadOnlyList<ResourceMapping> mappings, string apiVersion, string kind) =>
        mappings.FirstOrDefault(m => m.Kind == kind && m.ApiVersion == apiVersion);
}
