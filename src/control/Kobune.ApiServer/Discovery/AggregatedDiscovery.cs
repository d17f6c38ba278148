using System.Text.Json;
using Kobune.Api;

namespace Kobune.ApiServer.Discovery;

/// <summary>Writes an APIGroupDiscoveryList (apidiscovery.k8s.io/v2): all groups in one document.</summary>
internal static class AggregatedDiscovery
{
    public static void Write(Utf8JsonWriter w, IEnumerable<DirectoryGroup> groups)
    {
        w.WriteStartObject();
        w.WriteString("kind", "APIGroupDiscoveryList");
        w.WriteString("apiVersion", "apidiscovery.k8s.io/v2");
        w.WriteStartObject("metadata");
        w.WriteEndObject();
        w.WriteStartArray("items");
        foreach (var group in groups)
        {
            Group(w, group);
        }

        w.WriteEndArray();
        w.WriteEndObject();
    }

    private static void Group(Utf8JsonWriter w, DirectoryGroup group)
    {
        w.WriteStartObject();
        w.WriteStartObject("metadata");
        if (group.Name.Length > 0)
        {
            w.WriteString("name", group.Name);
        }

        w.WriteNull("creationTimestamp");
        w.WriteEndObject();
        w.WriteStartArray("versions");
        foreach (var version in group.Versions)
        {
            w.WriteStartObject();
            w.WriteString("version", version.Name);
            w.WriteStartArray("resources");
            foreach (var resource in version.Resources)
            {
                Resource(w, resource);
            }

            w.WriteEndArray();
            w.WriteString("freshness", "Current");
            w.WriteEndObject();
        }

        w.WriteEndArray();
        w.WriteEndObject();
    }

    private static void Resource(Utf8JsonWriter w, ResourceInfo resource)
    {
        w.WriteStartObject();
        w.WriteString("resource", resource.Plural);
        Kind(w, resource.Group, resource.Version, resource.Kind, resource);
        w.WriteString("scope", resource.Namespaced ? "Namespaced" : "Cluster");
        w.WriteString("singularResource", resource.Singular);
        DiscoveryDocuments.Strings(w, "verbs", resource.Verbs, true);
        DiscoveryDocuments.Strings(w, "shortNames", resource.ShortNames, false);
        DiscoveryDocuments.Strings(w, "categories", resource.Categories, false);
        if (resource.Subresources.Count > 0)
        {
            w.WriteStartArray("subresources");
            foreach (var sub in resource.Subresources)
            {
                w.WriteStartObject();
                w.WriteString("subresource", sub.Name);
                Kind(w, sub.Group, sub.Version, sub.Kind, resource);
                DiscoveryDocuments.Strings(w, "verbs", sub.Verbs, true);
                w.WriteEndObject();
            }

            w.WriteEndArray();
        }

        w.WriteEndObject();
    }

    /// <summary>Group and version are left out where they are the enclosing ones.</summary>
    private static void Kind(Utf8JsonWriter w, string group, string version, string kind, ResourceInfo parent)
    {
        var same = group == parent.Group && version == parent.Version;
        w.WriteStartObject("responseKind");
        w.WriteString("group", same ? "" : group);
        w.WriteString("version", same ? "" : version);
        w.WriteString("kind", kind);
        w.WriteEndObject();
    }
}
