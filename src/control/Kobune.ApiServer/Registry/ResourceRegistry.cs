using Kobune.Api;
using Kobune.ApiServer.Admission;
using Kobune.ApiServer.Patching;
using Kobune.ApiServer.Resources;
using Kobune.Store;

namespace Kobune.ApiServer.Registry;

/// <summary>
/// The one request path of all resources, behind authorization: the verbs stand in Verbs/, one file each. It decides
/// what upstream's generic registry decides: metadata, status, generation, conflicts, deletion.
/// </summary>
internal sealed partial class ResourceRegistry(
    ResourceCatalog catalog, WatchHub hub, IStore store, AdmissionChain admission, ApiServerServices services, IObjectPatcher patcher, IFieldManager fieldManager)
{
    /// <summary>How often a write is tried again when others write the same object in between.</summary>
    private const int MaxAttempts = 64;

    private readonly EventLeases eventLeases = new(store, services.Time);

    public ResourceCatalog Catalog => catalog;

    public TimeProvider Clock => services.Time;

    private TimeProvider Time => services.Time;

    /// <summary>Whether the store answers.</summary>
    public async ValueTask<bool> IsStoreAliveAsync(CancellationToken cancellationToken) =>
        await store.CurrentRevisionAsync(cancellationToken).ConfigureAwait(false) >= 0;

    /// <summary>API times have whole seconds.</summary>
    private DateTimeOffset Now()
    {
        var now = Time.GetUtcNow();
        return new DateTimeOffset(now.Ticks - (now.Ticks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
    }

    /// <summary>0, or the lease with which objects of the kind pass away.</summary>
    private ValueTask<long> LeaseOf(ServedResource resource, CancellationToken cancellationToken) =>
        resource.Storage is { Plural: "events", Group: "" } ? eventLeases.CurrentAsync(cancellationToken) : ValueTask.FromResult(0L);

    /// <summary>Whether a write would change how the object is stored, though not what: after a rotation of keys.</summary>
    private bool IsStale(string key) => store is Encryption.EncryptingStore encrypting && encrypting.IsStale(key);

    /// <summary>The cache's state, complete up to the newest acknowledged write.</summary>
    private async ValueTask<(ResourceCache.State State, long Revision)> ReadFreshAsync(ServedResource resource, CancellationToken cancellationToken)
    {
        var newest = await store.CurrentRevisionAsync(cancellationToken).ConfigureAwait(false);
        return await resource.Cache!.ReadAsync(newest, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<StoredObject?> FindFreshAsync(ServedResource resource, string ns, string name, CancellationToken cancellationToken)
    {
        var (state, _) = await ReadFreshAsync(resource, cancellationToken).ConfigureAwait(false);
        return state.Items.Find(resource.KeyOf(ns, name));
    }

    /// <summary>Makes stored objects ready to be shown in the request's version, where a webhook must be asked for it.</summary>
    public ValueTask PrepareAsync(ServedResource resource, IEnumerable<StoredObject> items, CancellationToken cancellationToken) =>
        resource.Custom is { Conversion.IsWebhook: true } custom ? catalog.Conversions!.PrepareAsync(custom, items, cancellationToken) : ValueTask.CompletedTask;

    private ValueTask<KubeObject> ToStorageAsync(ServedResource resource, KubeObject obj, CancellationToken cancellationToken) =>
        resource.Custom is { Conversion.IsWebhook: true } custom ? catalog.Conversions!.ToStorageAsync(custom, obj, cancellationToken)
            : ValueTask.FromResult(resource.Converter?.ToStorage(obj) ?? obj);

    private async ValueTask<ApiResult> ShownAsync(ServedResource resource, ApiResult result, CancellationToken cancellationToken)
    {
        if (result.Stored is { } stored)
        {
            await PrepareAsync(resource, [stored], cancellationToken).ConfigureAwait(false);
        }

        return result;
    }

    private static KubeStatusException NotFound(ServedResource resource, string name) =>
        StatusErrors.NotFound(resource.Info, name);

    private WriteContext ContextOf(RequestScope scope) => new(scope.User, Now(), scope.DryRun, scope.FieldManager);

    private AdmissionContext AdmissionOf(RequestScope scope, AdmissionOperation operation, string name, KubeObject? obj, KubeObject? old, Kobune.Api.Meta.V1.DeleteOptions? options = null) => new()
    {
        Operation = operation,
        Resource = scope.Resource.Info,
        Subresource = scope.Subresource,
        Namespace = scope.Namespace,
        Name = name,
        Object = obj,
        OldObject = old,
        User = scope.User,
        DryRun = scope.DryRun,
        DeleteOptions = options,
        FieldManager = scope.FieldManager,
        Served = scope.Resource,
        Catalog = catalog,
    };
}
