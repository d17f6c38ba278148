using System.Text.Json.Nodes;
using Kobune.Client.Yaml;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Manifests;

/// <summary>
/// The simple part of kustomize: resources (files and other kustomizations), namespace, name prefix and suffix, labels,
/// annotations, images, replicas. Fields beyond these are refused by name, never ignored.
/// </summary>
internal static class Kustomization
{
    private static readonly string[] Names = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

    private static readonly string[] Known =
    [
        "apiVersion", "kind", "metadata", "resources", "bases", "namespace", "namePrefix", "nameSuffix", "commonLabels", "labels",
        "commonAnnotations", "images", "replicas",
    ];

    private static readonly string[] ClusterScoped =
    [
        "Namespace", "Node", "PersistentVolume", "ClusterRole", "ClusterRoleBinding", "StorageClass", "CustomResourceDefinition",
        "PriorityClass", "IngressClass", "RuntimeClass", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "APIService", "CSIDriver",
    ];

    public static IReadOnlyList<JsonObject> Build(string directory)
    {
        var file = Names.Select(n => Path.Combine(directory, n)).FirstOrDefault(File.Exists)
            ?? throw new CommandException($"unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '{Path.GetFullPath(directory)}'");
        var spec = YamlTree.Parse(File.ReadAllText(file)) as JsonObject ?? [];
        if (spec.FirstOrDefault(f => !Known.Contains(f.Key)) is { Key: { } unknown })
        {
            throw new CommandException($"{file}: the field {GoText.Quote(unknown)} is not supported by this kubectl; build it with the kustomize program and apply the result");
        }

        var objects = spec.Strings("resources").Concat(spec.Strings("bases")).SelectMany(r => Resource(directory, r)).ToList();
        foreach (var obj in objects)
        {
            Transform(obj, spec);
        }

        return objects;
    }

    private static IEnumerable<JsonObject> Resource(string directory, string name)
    {
        var path = Path.Combine(directory, name);
        if (Directory.Exists(path))
        {
            return Build(path);
        }

        return File.Exists(path)
            ? ManifestReader.Split(File.ReadAllText(path), path).Select(d => d.Document).ToArray()
            : throw new CommandException($"accumulating resources: accumulation err='accumulating resources from '{name}': open {path}: no such file or directory'");
    }

    private static void Transform(JsonObject obj, JsonObject spec)
    {
        var metadata = obj.Ensure("metadata");
        metadata["name"] = spec.Text("namePrefix") + obj.Name() + spec.Text("nameSuffix");
        if (spec.TextOrNull("namespace") is { } ns && !ClusterScoped.Contains(obj.Text("kind")))
        {
            metadata["namespace"] = ns;
        }

        Merge(obj, spec.Map("commonLabels"), ["metadata", "labels"]);
        foreach (var labels in spec.Map("commonLabels") is { Count: > 0 } common ? [common] : Array.Empty<JsonObject>())
        {
            SelectorLabels(obj, labels);
        }

        foreach (var entry in spec.Objects("labels"))
        {
            Merge(obj, entry.Map("pairs"), ["metadata", "labels"]);
            if (entry.Bool("includeSelectors"))
            {
                SelectorLabels(obj, entry.Map("pairs"));
            }
            else if (entry.Bool("includeTemplates") && obj.At("spec", "template") is not null)
            {
                Merge(obj, entry.Map("pairs"), ["spec", "template", "metadata", "labels"]);
            }
        }

        Merge(obj, spec.Map("commonAnnotations"), ["metadata", "annotations"]);
        foreach (var replicas in spec.Objects("replicas").Where(r => r.Text("name") == obj.Name() && obj.At("spec", "replicas") is not null))
        {
            obj.Ensure("spec")["replicas"] = replicas["count"]?.DeepClone();
        }

        Images(obj, spec);
    }

    private static void SelectorLabels(JsonObject obj, JsonObject labels)
    {
        if (obj.At("spec", "template") is JsonObject)
        {
            Merge(obj, labels, ["spec", "template", "metadata", "labels"]);
        }

        if (obj.At("spec", "selector", "matchLabels") is JsonObject)
        {
            Merge(obj, labels, ["spec", "selector", "matchLabels"]);
        }
        else if (obj.Text("kind") == "Service" && obj.At("spec", "selector") is JsonObject)
        {
            Merge(obj, labels, ["spec", "selector"]);
        }
    }

    private static void Images(JsonNode? node, JsonObject spec)
    {
        switch (node)
        {
            case JsonArray list:
                foreach (var item in list)
                {
                    Images(item, spec);
                }

                break;
            case JsonObject map:
                foreach (var (name, value) in map.ToArray())
                {
                    if (name == "image" && value is JsonValue)
                    {
                        map["image"] = Image(value.Text(), spec);
                    }
                    else
                    {
                        Images(value, spec);
                    }
                }

                break;
        }
    }

    private static string Image(string image, JsonObject spec)
    {
        var at = image.IndexOf('@', StringComparison.Ordinal);
        var colon = at >= 0 ? -1 : image.IndexOf(':', image.LastIndexOf('/') + 1);
        var name = at >= 0 ? image[..at] : colon >= 0 ? image[..colon] : image;
        if (spec.Objects("images").FirstOrDefault(i => i.Text("name") == name) is not { } change)
        {
            return image;
        }

        var changed = change.TextOrNull("newName") ?? name;
        return change.TextOrNull("digest") is { } digest ? $"{changed}@{digest}"
            : change.TextOrNull("newTag") is { } tag ? $"{changed}:{tag}"
            : changed + image[name.Length..];
    }

    private static void Merge(JsonObject obj, JsonObject values, string[] path)
    {
        if (values.Count == 0)
        {
            return;
        }

        var target = obj.Ensure(path);
        foreach (var (name, value) in values)
        {
            target[name] = value?.DeepClone();
        }
    }
}
