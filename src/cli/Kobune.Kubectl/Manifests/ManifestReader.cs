using System.Text;
using System.Text.Json.Nodes;
using Kobune.Client.Yaml;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Manifests;

/// <summary>Reads what -f names: files, directories, URLs, standard input; YAML or JSON, several documents, lists.</summary>
internal static class ManifestReader
{
    private static readonly string[] Extensions = [".json", ".yaml", ".yml"];

    /// <summary>The objects of -f, -R and -k, each with its resource; the namespace is the object's or the command's.</summary>
    /// <exception cref="CommandException">A file is missing or malformed, or its kind is unknown to the server.</exception>
    public static async Task<IReadOnlyList<ResourceItem>> ReadItemsAsync(Invocation invocation)
    {
        var items = new List<ResourceItem>();
        foreach (var (source, document) in await ReadDocumentsAsync(invocation).ConfigureAwait(false))
        {
            items.Add(await MapAsync(invocation, document, source).ConfigureAwait(false));
        }

        return items.Count > 0 ? items : throw new CommandException("no objects passed to " + invocation.Command.Name);
    }

    public static async Task<ResourceItem> MapAsync(Invocation invocation, JsonObject document, string source)
    {
        var apiVersion = document.Text("apiVersion");
        var kind = document.Text("kind");
        if (kind.Length == 0 || apiVersion.Length == 0)
        {
            var missing = kind.Length == 0 && apiVersion.Length == 0 ? "[apiVersion not set, kind not set]"
                : kind.Length == 0 ? "kind not set" : "apiVersion not set";
            throw kind.Length == 0
                ? new CommandException($"error validating {GoText.Quote(source)}: error validating data: {missing}; if you choose to ignore these errors, turn validation off with --validate=false")
                : new CommandException($"error validating {GoText.Quote(source)}: error validating data: {missing}; if you choose to ignore these errors, turn validation off with --validate=false");
        }

        var mapping = await invocation.Cluster.Mapper.ByKindAsync(apiVersion, kind, invocation.Cancellation).ConfigureAwait(false)
            ?? throw new CommandException(
                $"resource mapping not found for name: {GoText.Quote(document.Name())} namespace: {GoText.Quote(document.Namespace())} from {GoText.Quote(source)}: " +
                $"no matches for kind {GoText.Quote(kind)} in version {GoText.Quote(apiVersion)}\nensure CRDs are installed first");
        if (!mapping.Namespaced)
        {
            document["metadata"]?.AsObject().Remove("namespace");
            return ResourceItem.Of(mapping, document, source);
        }

        var ns = document.Namespace();
        if (ns.Length == 0)
        {
            ns = invocation.Namespace;
            document.Ensure("metadata")["namespace"] = ns;
        }
        else if (invocation.Flags.TextOrNull("namespace") is { } wanted && wanted != ns)
        {
            throw new CommandException(
                $"the namespace from the provided object {GoText.Quote(ns)} does not match the namespace {GoText.Quote(wanted)}. You must pass '--namespace={ns}' to perform this operation.");
        }

        return ResourceItem.Of(mapping, document, source);
    }

    private static async Task<IReadOnlyList<(string Source, JsonObject Document)>> ReadDocumentsAsync(Invocation invocation)
    {
        var kustomize = invocation.Flags.Has("kustomize") ? invocation.Flags.TextOrNull("kustomize") : null;
        if (kustomize is not null)
        {
            return [.. Kustomization.Build(kustomize).Select(d => (kustomize, d))];
        }

        var documents = new List<(string, JsonObject)>();
        foreach (var name in invocation.Flags.List("filename"))
        {
            if (name == "-")
            {
                using var reader = new StreamReader(invocation.Console.Input, Encoding.UTF8, leaveOpen: true);
                documents.AddRange(Split(await reader.ReadToEndAsync(invocation.Cancellation).ConfigureAwait(false), "STDIN"));
            }
            else if (name.StartsWith("http://", StringComparison.Ordinal) || name.StartsWith("https://", StringComparison.Ordinal))
            {
                documents.AddRange(Split(await DownloadAsync(name, invocation.Cancellation).ConfigureAwait(false), name));
            }
            else
            {
                foreach (var file in Files(name, invocation.Flags.Has("recursive") && invocation.Flags.Bool("recursive")))
                {
                    documents.AddRange(Split(await File.ReadAllTextAsync(file, invocation.Cancellation).ConfigureAwait(false), file));
                }
            }
        }

        return documents;
    }

    /// <summary>The objects of one text. Empty documents are skipped, lists are taken apart.</summary>
    public static IEnumerable<(string Source, JsonObject Document)> Split(string text, string source)
    {
        IReadOnlyList<JsonNode?> documents;
        try
        {
            documents = YamlTree.ParseAll(text);
        }
        catch (YamlSyntaxException e)
        {
            throw new CommandException($"error parsing {source}: {e.Message}");
        }

        foreach (var node in documents)
        {
            if (node is null)
            {
                continue;
            }

            if (node is not JsonObject document)
            {
                throw new CommandException(
                    $"error parsing {source}: error converting YAML to JSON: json: cannot unmarshal {(node is JsonArray ? "array" : "string")} into Go value of type map[string]interface {{}}");
            }

            if (document.Text("kind").EndsWith("List", StringComparison.Ordinal) && document["items"] is JsonArray items)
            {
                foreach (var item in items.OfType<JsonObject>())
                {
                    yield return (source, (JsonObject)item.DeepClone());
                }
            }
            else
            {
                yield return (source, document);
            }
        }
    }

    private static IEnumerable<string> Files(string name, bool recursive)
    {
        if (File.Exists(name))
        {
            return [name];
        }

        if (Directory.Exists(name))
        {
            var files = Directory.EnumerateFiles(name, "*", recursive ? SearchOption.AllDirectories : SearchOption.TopDirectoryOnly)
                .Where(f => Extensions.Contains(Path.GetExtension(f))).Order(StringComparer.Ordinal).ToArray();
            return files.Length > 0
                ? files
                : throw new CommandException($"error reading [{name}]: recognized file extensions are [.json .yaml .yml]");
        }

        if (name.AsSpan().IndexOfAny("*?[") >= 0)
        {
            var directory = Path.GetDirectoryName(name) is { Length: > 0 } d ? d : ".";
            var matches = Directory.Exists(directory)
                ? Directory.EnumerateFiles(directory, Path.GetFileName(name)).Order(StringComparer.Ordinal).ToArray()
                : [];
            return matches.Length > 0 ? matches : throw new CommandException($"the path {GoText.Quote(name)} does not exist");
        }

        throw new CommandException($"the path {GoText.Quote(name)} does not exist");
    }

    private static async Task<string> DownloadAsync(string url, CancellationToken cancellation)
    {
        using var http = new HttpClient();
        using var response = await http.GetAsync(new Uri(url), cancellation).ConfigureAwait(false);
        return response.IsSuccessStatusCode
            ? await response.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false)
            : throw new CommandException($"unable to read URL {GoText.Quote(url)}, server reported {(int)response.StatusCode} {response.ReasonPhrase}, status code={(int)response.StatusCode}");
    }
}
