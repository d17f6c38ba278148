using Kobune.Api;
using Kobune.ApiServer.CustomResources;
using Kobune.ApiServer.Discovery;
using Kobune.ApiServer.Registry;
using Kobune.ApiServer.Streaming;

namespace Kobune.ApiServer.Pipeline;

/// <summary>Behind authorization: sends resource requests to the verb handlers and all else to the paths that are no resources.</summary>
internal sealed class RequestHandler(ResourceCatalog catalog, ReadHandler reads, WriteHandler writes, WatchHandler watches, ConnectHandler connects, NonResourcePaths paths)
{
    public Task HandleAsync(ApiRequest request)
    {
        var info = request.Info;
        if (!info.IsResourceRequest)
        {
            return paths.HandleAsync(request);
        }

        return ResourceCatalog.IsBuiltIn(info.ApiGroup, info.ApiVersion, info.Resource) ? ResourceAsync(request) : CustomAsync(request);
    }

    /// <summary>Whoever has just written a definition finds it in force.</summary>
    private async Task CustomAsync(ApiRequest request)
    {
        await catalog.Definitions.FreshenAsync(request.Aborted).ConfigureAwait(false);
        await ResourceAsync(request).ConfigureAwait(false);
    }

    private Task ResourceAsync(ApiRequest request)
    {
        var info = request.Info;
        var resource = catalog.Find(info.ApiGroup, info.ApiVersion, info.Resource);
        if (resource is null || info.TooDeep)
        {
            throw StatusErrors.NoSuchPath();
        }

        if (resource.Custom?.DeprecationWarning is { } deprecated)
        {
            request.Warnings.Add(deprecated);
        }

        if (ConnectHandler.Handles(resource, info.Subresource))
        {
            return connects.HandleAsync(request, resource);
        }

        CheckScope(resource, info);
        CheckVerb(resource, info);
        return info.Verb switch
        {
            "get" => reads.GetAsync(request, resource),
            "list" => reads.ListAsync(request, resource),
            "watch" => watches.WatchAsync(request, resource),
            _ => writes.HandleAsync(request, resource),
        };
    }

    /// <summary>A cluster-scoped resource has no place under a namespace, and an object of a namespaced one has none outside.</summary>
    private static void CheckScope(ServedResource resource, RequestInfo info)
    {
        var misplaced = resource.Info.Namespaced
            ? info.Namespace.Length == 0 && (info.Verb is "create" or "update" or "patch" or "delete" or "get" or "deletecollection")
            : info.Namespace.Length > 0 && resource.Info.Plural != "namespaces";
        if (misplaced && !(resource.Info.Namespaced && info.Verb == "create" && resource.Cache is null))
        {
            throw info.Name.Length > 0 || info.Namespace.Length > 0 || info.Verb == "get"
                ? StatusErrors.NoSuchPath()
                : StatusErrors.MethodNotAllowed(resource.Info.Group, resource.Info.Plural, info.Verb);
        }
    }

    private static void CheckVerb(ServedResource resource, RequestInfo info)
    {
        if (resource.Custom is { IsTerminating: true } && info.Verb == "create")
        {
            throw CustomVersion.Ending(resource.Info);
        }

        // What discovery offers of a resource that is going away is less than what is answered.
        IReadOnlyList<string> verbs = resource.IsCustom ? CustomVersion.Verbs : resource.Info.Verbs;
        if (info.Subresource.Length > 0)
        {
            verbs = resource.Info.Subresource(info.Subresource)?.Verbs ?? throw StatusErrors.NoSuchPath();
        }

        if (!verbs.Contains(info.Verb) || (info.Verb is "create" && info.Name.Length > 0 && info.Subresource.Length == 0) || (info.Verb is "update" or "patch" && info.Name.Length == 0))
        {
            throw MethodNotAllowed(resource);
        }
    }

    private static KubeStatusException MethodNotAllowed(ServedResource resource)
    {
        var error = StatusErrors.MethodNotAllowed(resource.Info.Group, resource.Info.Plural, "");
        error.Status.Message = "the server does not allow this method on the requested resource";
        return error;
    }
}
