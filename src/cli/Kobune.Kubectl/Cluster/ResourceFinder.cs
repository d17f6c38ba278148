using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Client.Http;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Manifests;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Cluster;

/// <summary>The objects that a command's arguments, files and selectors name, read from the server.</summary>
internal static class ResourceFinder
{
    public static readonly Flag Filename = Flag.List("filename", "File, directory or URL that names the objects.", 'f');
    public static readonly Flag Recursive = Flag.Bool("recursive", "Go through the directories given with -f, and theirs.", 'R');
    public static readonly Flag Kustomize = Flag.Text("kustomize", "Directory with a kustomization.yaml.", 'k');
    public static readonly Flag Selector = Flag.Text("selector", "Label selector: '=', '==', '!=', 'in', 'notin', existence. For example -l key1=value1,key2=value2.", 'l');
    public static readonly Flag FieldSelector = Flag.Text("field-selector", "Field selector: '=', '==', '!='. For example --field-selector metadata.name=web.");
    public static readonly Flag AllNamespaces = Flag.Bool("all-namespaces", "In all namespaces, whatever --namespace says.", 'A');

    /// <summary>The flags of <see cref="FindAsync"/> for verbs that change objects.</summary>
    public static readonly IReadOnlyList<Flag> Flags = [Filename, Recursive, Kustomize, Selector];

    /// <summary>Everything selected, with its content. The first object that is missing is an error.</summary>
    public static async Task<IReadOnlyList<ResourceItem>> FindAsync(Invocation invocation, IReadOnlyList<string> arguments)
    {
        var items = new List<ResourceItem>();
        if (invocation.Flags.List("filename").Count > 0 || invocation.Flags.Text("kustomize").Length > 0)
        {
            foreach (var item in await ManifestReader.ReadItemsAsync(invocation).ConfigureAwait(false))
            {
                items.Add(item with { Object = await invocation.Cluster.GetAsync(item.Path, invocation.Cancellation).ConfigureAwait(false) });
            }

            return items;
        }

        var everything = invocation.Flags.TextOrNull("selector") is not null || invocation.Flags.TextOrNull("field-selector") is not null
            || (invocation.Flags.Has("all") && invocation.Flags.Bool("all"));
        if (arguments.Count == 0)
        {
            throw new CommandException(
                "You must provide one or more resources by argument or filename.\nExample resource specifications include:\n" +
                "   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'");
        }

        var selection = await ResourceArguments.ReadAsync(invocation, arguments, namesRequired: !everything).ConfigureAwait(false);
        if (selection.Named.Count > 0 && everything)
        {
            throw new CommandException(invocation.Flags.Has("all") && invocation.Flags.Bool("all")
                ? "name cannot be provided when --all is specified"
                : "name cannot be provided when a selector is specified");
        }

        foreach (var (mapping, name) in selection.Named)
        {
            var item = new ResourceItem(mapping, mapping.Namespaced ? invocation.Namespace : null, name);
            items.Add(item with { Object = await invocation.Cluster.GetAsync(item.Path, invocation.Cancellation).ConfigureAwait(false) });
        }

        foreach (var mapping in selection.Lists)
        {
            items.AddRange(await ListAsync(invocation, mapping).ConfigureAwait(false));
        }

        return items;
    }

    /// <summary>The objects of one resource that match the selectors, in the command's namespace or in all.</summary>
    public static async Task<IReadOnlyList<ResourceItem>> ListAsync(Invocation invocation, ResourceMapping mapping)
    {
        var list = await invocation.Cluster.ListAsync(ListPath(invocation, mapping), MediaTypes.Json, 500, invocation.Cancellation).ConfigureAwait(false);
        return [.. ItemsOf(list).Select(o => ResourceItem.Of(mapping, o))];
    }

    public static string ListPath(Invocation invocation, ResourceMapping mapping) => ApiPaths.WithQuery(
        mapping.Path(invocation.AllNamespaces ? null : invocation.Namespace),
        ("labelSelector", invocation.Flags.Has("selector") ? invocation.Flags.TextOrNull("selector") : null),
        ("fieldSelector", invocation.Flags.Has("field-selector") ? invocation.Flags.TextOrNull("field-selector") : null));

    /// <summary>Items of a list, each with the apiVersion and kind that the list leaves out.</summary>
    public static IEnumerable<JsonObject> ItemsOf(JsonObject list)
    {
        var apiVersion = list.Text("apiVersion");
        var kind = list.Text("kind") is var k && k.EndsWith("List", StringComparison.Ordinal) ? k[..^4] : k;
        foreach (var item in list.Objects("items"))
        {
            if (!item.ContainsKey("apiVersion") && kind.Length > 0)
            {
                item.Insert(0, "apiVersion", apiVersion);
                item.Insert(1, "kind", kind);
            }

            yield return item;
        }
    }

    /// <summary>Runs an action over a server call and puts "error when DOING SOURCE: " before what the server says.</summary>
    public static async Task<T> WithSourceAsync<T>(string doing, string source, Func<Task<T>> action)
    {
        try
        {
            return await action().ConfigureAwait(false);
        }
        catch (KubeStatusException e) when (source.Length > 0)
        {
            throw new SourcedStatusException($"error when {doing} {GoText.Quote(source)}", e);
        }
    }
}

/// <summary>A Status with the file that it is about.</summary>
internal sealed class SourcedStatusException(string prefix, KubeStatusException inner) : Exception(inner.Message, inner)
{
    public string Prefix => prefix;

    public KubeStatusException Status => inner;
}
