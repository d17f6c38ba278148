using System.Runtime.CompilerServices;
using Kobune.Api;
using Kobune.Api.Meta.V1;
using Kobune.ApiServer.Authentication;
using Kobune.ApiServer.Authorization;
using Kobune.ApiServer.Pipeline;
using Kobune.ApiServer.Registry;
using Kobune.ApiServer.Registry.Subresources;
using Kobune.Client;

namespace Kobune.ApiServer.InProcess;

/// <summary>
/// The client without a wire: authorization, admission and validation as over HTTPS, but objects are handed over as they
/// are. What it returns is shared; what it is given is copied before the registry keeps it.
/// </summary>
internal sealed class InProcessClient(ResourceRegistry registry, AuthorizationStep authorization, UserInfo user, InProcessRequests requests) : IKubeClient
{
    public async Task<KubeObject> GetAsync(ResourceInfo resource, string? ns, string name, CancellationToken cancellationToken)
    {
        var scope = await ScopeAsync(resource, "get", ns, name, null, "", cancellationToken).ConfigureAwait(false);
        return scope.Resource.ObjectOf(await registry.GetAsync(scope, null, cancellationToken).ConfigureAwait(false));
    }

    public Task<byte[]> GetRawAsync(string path, CancellationToken cancellationToken) => requests.GetAsync(user, path, cancellationToken);

    public async Task<ObjectList> ListAsync(ResourceInfo resource, string? ns, ListOptions? options, CancellationToken cancellationToken)
    {
        options ??= new ListOptions();
        var scope = await ScopeAsync(resource, "list", ns, "", null, "", cancellationToken, options.LabelSelector, options.FieldSelector).ConfigureAwait(false);
        var list = await registry.ListAsync(scope, options, cancellationToken).ConfigureAwait(false);
        var items = new KubeObject[list.Items.Count];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = scope.Resource.ObjectOf(list.Items[i]);
        }

        return new ObjectList(items, new ListMeta { ResourceVersion = ResourceVersions.Format(list.Revision), Continue = list.Continue, RemainingItemCount = list.Remaining });
    }

    public async IAsyncEnumerable<Kobune.Client.WatchEvent> WatchAsync(ResourceInfo resource, string? ns, WatchOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        options ??= new WatchOptions();
        var scope = await ScopeAsync(resource, "watch", ns, "", null, "", cancellationToken, options.LabelSelector, options.FieldSelector).ConfigureAwait(false);
        var start = new WatchStart(options.LabelSelector, options.FieldSelector, options.ResourceVersion,
            options.SendInitialEvents ? "NotOlderThan" : null, options.SendInitialEvents ? true : null, options.AllowBookmarks || options.SendInitialEvents);
        var watcher = await registry.WatchAsync(scope, start, cancellationToken).ConfigureAwait(false);
        await registry.PrepareAsync(scope.Resource, watcher.Initial, cancellationToken).ConfigureAwait(false);
        foreach (var item in watcher.Initial)
        {
            if (watcher.Matches(item))
            {
                yield return new Kobune.Client.WatchEvent(WatchEventType.Added, scope.Resource.ObjectOf(item));
            }
        }

        if (watcher.MarkInitialEnd)
        {
            yield return new Kobune.Client.WatchEvent(WatchEventType.Bookmark, Bookmark(resource, watcher.InitialRevision, true));
        }

        using var deadline = options.Timeout is { } timeout ? new CancellationTokenSource(timeout, registry.Clock) : null;
        using var end = deadline is null ? null : CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var items = new List<WatchItem>();
        while (await NextAsync(watcher, items, end?.Token ?? cancellationToken, cancellationToken).ConfigureAwait(false))
        {
            await registry.PrepareAsync(scope.Resource, items.Select(i => i.Object).OfType<StoredObject>(), cancellationToken).ConfigureAwait(false);
            foreach (var item in items)
            {
                if (item.Object is { } stored)
                {
                    yield return new Kobune.Client.WatchEvent(item.Type, scope.Resource.ObjectOf(stored));
                }
                else if (options.AllowBookmarks)
                {
                    yield return new Kobune.Client.WatchEvent(WatchEventType.Bookmark, Bookmark(resource, item.Revision, false));
                }
            }
        }
    }

    public async Task<KubeObject> CreateAsync(ResourceInfo resource, KubeObject obj, WriteOptions? options, CancellationToken cancellationToken)
    {
        var scope = await ScopeAsync(resource, "create", obj.Metadata.Namespace, "", options, "", cancellationToken).ConfigureAwait(false);
        return Result(scope, await registry.CreateAsync(scope, Own(scope, obj), cancellationToken).ConfigureAwait(false));
    }

    public async Task<KubeObject> CreateSubresourceAsync(ResourceInfo resource, string? ns, string name, string subresource, KubeObject body, WriteOptions? options, CancellationToken cancellationToken)
    {
        var scope = await ScopeAsync(resource, "create", ns, name, options, subresource, cancellationToken).ConfigureAwait(false);
        var result = await registry.CreateSubresourceAsync(scope, body.DeepClone(), cancellationToken).ConfigureAwait(false);
        return result.Status is null ? Result(scope, result) : body;
    }

    public async Task<KubeObject> UpdateAsync(ResourceInfo resource, KubeObject obj, WriteOptions? options, CancellationToken cancellationToken)
    {
        var scope = await ScopeAsync(resource, "update", obj.Metadata.Namespace, obj.Metadata.Name, options, options?.Subresource ?? "", cancellationToken).ConfigureAwait(false);
        return Result(scope, await registry.UpdateAsync(scope, Own(scope, obj), cancellationToken).ConfigureAwait(false));
    }

    public async Task<KubeObject> PatchAsync(ResourceInfo resource, string? ns, string name, Patch patch, WriteOptions? options, CancellationToken cancellationToken)
    {
        var scope = await ScopeAsync(resource, "patch", ns, name, options, options?.Subresource ?? "", cancellationToken).ConfigureAwait(false);
        return Result(scope, await registry.PatchAsync(scope, patch, cancellationToken).ConfigureAwait(false));
    }

    public async Task<KubeObject?> DeleteAsync(ResourceInfo resource, string? ns, string name, DeleteOptions? options, CancellationToken cancellationToken)
    {
        var scope = await ScopeAsync(resource, "delete", ns, name, null, "", cancellationToken, dryRun: options?.DryRun.Count > 0).ConfigureAwait(false);
        var result = await registry.DeleteAsync(scope, options ?? new DeleteOptions(), cancellationToken).ConfigureAwait(false);
        return result.Status is null ? Result(scope, result) : null;
    }

    public async Task DeleteCollectionAsync(ResourceInfo resource, string ns, ListOptions? selection, DeleteOptions? options, CancellationToken cancellationToken)
    {
        var scope = await ScopeAsync(resource, "deletecollection", ns, "", null, "", cancellationToken, dryRun: options?.DryRun.Count > 0).ConfigureAwait(false);
        await registry.DeleteCollectionAsync(scope, selection ?? new ListOptions(), options ?? new DeleteOptions(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A copy that the registry may keep. Custom resources come with the caller's own description of them, which is exchanged for the server's.</summary>
    private static KubeObject Own(RequestScope scope, KubeObject obj)
    {
        if (scope.Resource.Custom is not { } custom || scope.Subresource == "scale")
        {
            return obj.DeepClone();
        }

        var copy = obj is DynamicObject given ? given.Clone().As(custom.Info) : (DynamicObject)KubeJson.Read(custom.Info, KubeJson.Write(obj));
        custom.Shape(copy, null);
        return copy;
    }

    private static KubeObject Result(RequestScope scope, ApiResult result) => result.Object ?? scope.Resource.ObjectOf(result.Stored!);

    /// <summary>False when the watch's own time is up.</summary>
    private static async ValueTask<bool> NextAsync(ResourceWatcher watcher, List<WatchItem> items, CancellationToken end, CancellationToken caller)
    {
        items.Clear();
        try
        {
            await watcher.ReadAsync(items, end).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested && !caller.IsCancellationRequested)
        {
            return false;
        }
    }

    private static KubeObject Bookmark(ResourceInfo resource, long revision, bool initialEnd)
    {
        var obj = resource.Create();
        obj.Metadata.ResourceVersion = ResourceVersions.Format(revision);
        if (initialEnd)
        {
            obj.Metadata.Annotations["k8s.io/initial-events-end"] = "true";
        }

        return obj;
    }

    private async ValueTask<RequestScope> ScopeAsync(
        ResourceInfo resource, string verb, string? ns, string name, WriteOptions? options, string subresource, CancellationToken cancellationToken,
        string? labelSelector = null, string? fieldSelector = null, bool? dryRun = null)
    {
        if (!ResourceCatalog.IsBuiltIn(resource.Group, resource.Version, resource.Plural))
        {
            await registry.Catalog.Definitions.FreshenAsync(cancellationToken).ConfigureAwait(false);
        }

        var served = registry.Catalog.Find(resource) ?? throw StatusErrors.NoSuchPath();
        var space = resource.Namespaced ? ns ?? "" : "";
        await authorization.RequireAsync(
            new RequestAttributes
            {
                User = user,
                Verb = verb,
                ApiGroup = resource.Group,
                ApiVersion = resource.Version,
                Resource = resource.Plural,
                Subresource = subresource,
                Namespace = resource is { Plural: "namespaces", Group: "" } && name.Length > 0 ? name : space,
                Name = name.Length > 0 || fieldSelector is null ? name : Registry.Selection.ObjectSelection.SoleName(fieldSelector) ?? "",
                IsResourceRequest = true,
                LabelSelector = labelSelector,
                FieldSelector = fieldSelector,
            },
            cancellationToken).ConfigureAwait(false);
        return new RequestScope
        {
            Resource = served,
            User = user,
            Namespace = space,
            Name = name,
            Subresource = subresource,
            DryRun = dryRun ?? options?.DryRun ?? false,
            FieldManager = options?.FieldManager ?? user.Name,
            Force = options?.Force ?? false,
            FieldValidation = options?.FieldValidation switch { "Strict" => FieldValidation.Strict, "Ignore" => FieldValidation.Ignore, _ => FieldValidation.Warn },
            Warnings = [],
        };
    }
}
