using System.Text.Json;
using Kobune.Api;

namespace Kobune.ApiServer.Discovery;

/// <summary>
/// The paths part of OpenAPI documents: per resource its addresses and operations, each with the kind it is about and its
/// query parameters. Clients look there for what a server supports (fieldValidation, dryRun).
/// </summary>
internal static class OpenApiPaths
{
    private static readonly string[] ReadParameters = ["pretty"];
    private static readonly string[] ListParameters =
        ["allowWatchBookmarks", "continue", "fieldSelector", "labelSelector", "limit", "pretty", "resourceVersion", "resourceVersionMatch", "sendInitialEvents", "timeoutSeconds", "watch"];
    private static readonly string[] WriteParameters = ["dryRun", "fieldManager", "fieldValidation", "pretty"];
    private static readonly string[] PatchParameters = ["dryRun", "fieldManager", "fieldValidation", "force", "pretty"];
    private static readonly string[] DeleteParameters = ["dryRun", "gracePeriodSeconds", "orphanDependents", "pretty", "propagationPolicy"];

    public static void Write(Utf8JsonWriter w, IReadOnlyList<ResourceInfo> resources, bool v2)
    {
        w.WriteStartObject("paths");
        foreach (var resource in resources)
        {
            var root = resource.Group.Length == 0 ? "/api/" + resource.Version : $"/apis/{resource.Group}/{resource.Version}";
            var collection = resource.Namespaced ? $"{root}/namespaces/{{namespace}}/{resource.Plural}" : $"{root}/{resource.Plural}";
            Path(w, collection, resource, resource.Kind, v2, resource.Verbs, [("get", "list", ListParameters), ("post", "create", WriteParameters), ("delete", "deletecollection", DeleteParameters)]);
            if (resource.Namespaced && resource.HasVerb("list"))
            {
                Path(w, $"{root}/{resource.Plural}", resource, resource.Kind, v2, resource.Verbs, [("get", "list", ListParameters)]);
            }

            Path(w, collection + "/{name}", resource, resource.Kind, v2, resource.Verbs, [("get", "get", ReadParameters), ("put", "update", WriteParameters), ("patch", "patch", PatchParameters), ("delete", "delete", DeleteParameters)]);
            foreach (var sub in resource.Subresources)
            {
                Path(w, $"{collection}/{{name}}/{sub.Name}", resource, sub.Kind, v2, sub.Verbs,
                    [("get", "get", ReadParameters), ("put", "update", WriteParameters), ("patch", "patch", PatchParameters), ("post", "create", WriteParameters)], sub);
            }
        }

        w.WriteEndObject();
    }

    private static void Path(
        Utf8JsonWriter w, string path, ResourceInfo resource, string kind, bool v2, IReadOnlyList<string> verbs,
        ReadOnlySpan<(string Method, string Verb, string[] Parameters)> operations, SubresourceInfo? sub = null)
    {
        var any = false;
        foreach (var (method, verb, parameters) in operations)
        {
            if (!verbs.Contains(verb))
            {
                continue;
            }

            if (!any)
            {
                any = true;
                w.WriteStartObject(path);
                PathParameters(w, path, v2);
            }

            w.WriteStartObject(method);
            w.WriteString("operationId", $"{verb}{(resource.Group.Length == 0 ? "Core" : resource.Group.Split('.')[0])}{resource.Version}{(resource.Namespaced && path.Contains("{namespace}", StringComparison.Ordinal) ? "Namespaced" : "")}{resource.Kind}{sub?.Name}");
            w.WriteStartArray("parameters");
            foreach (var parameter in parameters)
            {
                Parameter(w, parameter, "query", v2);
            }

            w.WriteEndArray();
            w.WriteStartObject("responses");
            w.WriteStartObject("200");
            w.WriteString("description", "OK");
            w.WriteEndObject();
            w.WriteEndObject();
            w.WriteString("x-kubernetes-action", verb switch { "create" => "post", "update" => "put", _ => verb });
            w.WriteStartObject("x-kubernetes-group-version-kind");
            w.WriteString("group", sub?.Group ?? resource.Group);
            w.WriteString("kind", kind);
            w.WriteString("version", sub?.Version ?? resource.Version);
            w.WriteEndObject();
            w.WriteEndObject();
        }

        if (any)
        {
            w.WriteEndObject();
        }
    }

    private static void PathParameters(Utf8JsonWriter w, string path, bool v2)
    {
        w.WriteStartArray("parameters");
        foreach (var name in new[] { "name", "namespace" })
        {
            if (path.Contains("{" + name + "}", StringComparison.Ordinal))
            {
                Parameter(w, name, "path", v2);
            }
        }

        w.WriteEndArray();
    }

    private static void Parameter(Utf8JsonWriter w, string name, string where, bool v2)
    {
        var type = name switch
        {
            "limit" or "timeoutSeconds" or "gracePeriodSeconds" => "integer",
            "watch" or "allowWatchBookmarks" or "sendInitialEvents" or "force" or "orphanDependents" => "boolean",
            _ => "string",
        };
        w.WriteStartObject();
        w.WriteString("name", name);
        w.WriteString("in", where);
        if (where == "path")
        {
            w.WriteBoolean("required", true);
        }

        if (v2)
        {
            w.WriteString("type", type);
        }
        else
        {
            w.WriteStartObject("schema");
            w.WriteString("type", type);
            w.WriteEndObject();
        }

        w.WriteEndObject();
    }
}
