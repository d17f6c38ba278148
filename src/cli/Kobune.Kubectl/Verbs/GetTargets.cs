using Kobune.Client.Http;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Manifests;

namespace Kobune.Kubectl.Verbs;

/// <summary>One request of a get: a list (no name), or one object.</summary>
internal sealed record GetTarget(ResourceMapping Mapping, string? Namespace, string? Name)
{
    public string Path(Invocation i) => Name is null
        ? ResourceFinder.ListPath(i, Mapping)
        : Mapping.Path(Namespace, Name, i.Flags.TextOrNull("subresource"));

    /// <summary>The path to watch: a list, narrowed to the name when there is one.</summary>
    public string WatchPath(Invocation i) => Name is null
        ? ResourceFinder.ListPath(i, Mapping)
        : ApiPaths.WithQuery(Mapping.Path(Namespace), ("fieldSelector", "metadata.name=" + Name));
}

/// <summary>All requests of a get, from its arguments or files.</summary>
internal sealed record GetTargets(IReadOnlyList<GetTarget> All, bool IsSingle)
{
    public int ResourceCount => All.Select(t => t.Mapping).Distinct().Count();

    public static async Task<GetTargets> OfAsync(Invocation i)
    {
        if (i.Flags.List("filename").Count > 0 || i.Flags.TextOrNull("kustomize") is not null)
        {
            var items = await ManifestReader.ReadItemsAsync(i).ConfigureAwait(false);
            return new GetTargets([.. items.Select(o => new GetTarget(o.Mapping, o.Namespace, o.Name))], items.Count == 1);
        }

        if (i.Arguments.Count == 0)
        {
            throw new CommandException(
                $"You must specify the type of resource to {i.Command.Name}. Use \"{i.Root.Name} api-resources\" for a complete list of supported resources.\n\n" +
                $"error: Required resource not specified.\nUse \"{i.Root.Name} explain <resource>\" for a detailed description of that resource (e.g. {i.Root.Name} explain pods).\n" +
                $"See '{i.Command.FullName} -h' for help and examples")
            { Verbatim = true };
        }

        var selection = await ResourceArguments.ReadAsync(i, i.Arguments).ConfigureAwait(false);
        if (selection.Named.Count > 0 && (i.Flags.TextOrNull("selector") ?? i.Flags.TextOrNull("field-selector")) is not null)
        {
            throw new CommandException("name cannot be provided when a selector is specified");
        }

        if (selection.Named.FirstOrDefault(n => n.Mapping.Namespaced) is { Mapping: not null } && i.AllNamespaces)
        {
            throw new CommandException("a resource cannot be retrieved by name across all namespaces");
        }

        var named = selection.Named.Select(n => new GetTarget(n.Mapping, n.Mapping.Namespaced ? i.Namespace : null, n.Name));
        var lists = selection.Lists.Select(m => new GetTarget(m, i.AllNamespaces ? null : i.Namespace, null));
        return new GetTargets([.. named, .. lists], selection.IsSingle);
    }
}
