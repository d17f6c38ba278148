using Kobune.Api;
using Kobune.Api.Meta.V1;

namespace Kobune.Client;

/// <summary>
/// Access to a Kubernetes API, whatever carries it: HTTPS to any API server, or a call into the one in this process.
/// Components know this interface and nothing else of the control plane. Failures are <see cref="KubeStatusException"/>.
/// Objects that it returns may be shared with other readers: treat them as immutable and clone before changing.
/// </summary>
public interface IKubeClient
{
    /// <summary>Reads one object. <paramref name="ns"/> is null for cluster-scoped resources.</summary>
    Task<KubeObject> GetAsync(ResourceInfo resource, string? ns, string name, CancellationToken cancellationToken = default);

    /// <summary>Lists objects of one namespace, or of all (<paramref name="ns"/> null), in key order.</summary>
    Task<ObjectList> ListAsync(ResourceInfo resource, string? ns, ListOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Streams changes. Ends when the server ends the watch; throws KubeStatusException with code 410 when the
    /// resource version is too old, upon which the caller lists again.
    /// </summary>
    IAsyncEnumerable<WatchEvent> WatchAsync(ResourceInfo resource, string? ns, WatchOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Creates an object; its namespace is taken from its metadata. Returns it as stored.</summary>
    Task<KubeObject> CreateAsync(ResourceInfo resource, KubeObject obj, WriteOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Creates through a subresource of a named object: pods/binding, pods/eviction, serviceaccounts/token.</summary>
    Task<KubeObject> CreateSubresourceAsync(ResourceInfo resource, string? ns, string name, string subresource, KubeObject body, WriteOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Replaces an object (or, with <see cref="WriteOptions.Subresource"/>, its status). A resource version in it makes the write conditional.</summary>
    Task<KubeObject> UpdateAsync(ResourceInfo resource, KubeObject obj, WriteOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Patches an object; with <see cref="PatchKind.Apply"/> it is created when absent.</summary>
    Task<KubeObject> PatchAsync(ResourceInfo resource, string? ns, string name, Patch patch, WriteOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes an object, or marks it for deletion when finalizers or a grace period hold it. Returns the object or null when the server answered with a Status.</summary>
    Task<KubeObject?> DeleteAsync(ResourceInfo resource, string? ns, string name, DeleteOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes all objects of a namespace that match the selectors.</summary>
    Task DeleteCollectionAsync(ResourceInfo resource, string ns, ListOptions? selection = null, DeleteOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Reads a path as the server answers it in JSON, whoever serves it: subresources, and groups of aggregated servers that
    /// this process has no types for. The path may have a query.
    /// </summary>
    /// <exception cref="NotSupportedException">the transport has no paths (fakes in tests)</exception>
    Task<byte[]> GetRawAsync(string path, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
