using Kobune.Api;
using Kobune.Api.Meta.V1;
using Kobune.Client;
using WatchEvent = Kobune.Client.WatchEvent;

namespace Kobune.Runtime;

/// <summary>
/// A client that lets a controller write the kinds that it has declared as its outputs and no others: an undeclared write
/// is a programming error and fails at once, whatever RBAC would say.
/// </summary>
internal sealed class DeclaredClient(IKubeClient inner, string controller, Func<ResourceInfo, bool> mayWrite) : IKubeClient
{
    public Task<KubeObject> GetAsync(ResourceInfo resource, string? ns, string name, CancellationToken cancellationToken = default) =>
        inner.GetAsync(resource, ns, name, cancellationToken);

    public Task<byte[]> GetRawAsync(string path, CancellationToken cancellationToken = default) => inner.GetRawAsync(path, cancellationToken);

    public Task<ObjectList> ListAsync(ResourceInfo resource, string? ns, ListOptions? options = null, CancellationToken cancellationToken = default) =>
        inner.ListAsync(resource, ns, options, cancellationToken);

    public IAsyncEnumerable<WatchEvent> WatchAsync(ResourceInfo resource, string? ns, WatchOptions? options = null, CancellationToken cancellationToken = default) =>
        inner.WatchAsync(resource, ns, options, cancellationToken);

    public Task<KubeObject> CreateAsync(ResourceInfo resource, KubeObject obj, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        Allowed(resource).CreateAsync(resource, obj, options, cancellationToken);

    public Task<KubeObject> CreateSubresourceAsync(ResourceInfo resource, string? ns, string name, string subresource, KubeObject body, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        Allowed(resource).CreateSubresourceAsync(resource, ns, name, subresource, body, options, cancellationToken);

    public Task<KubeObject> UpdateAsync(ResourceInfo resource, KubeObject obj, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        Allowed(resource).UpdateAsync(resource, obj, options, cancellationToken);

    public Task<KubeObject> PatchAsync(ResourceInfo resource, string? ns, string name, Patch patch, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        Allowed(resource).PatchAsync(resource, ns, name, patch, options, cancellationToken);

    public Task<KubeObject?> DeleteAsync(ResourceInfo resource, string? ns, string name, DeleteOptions? options = null, CancellationToken cancellationToken = default) =>
        Allowed(resource).DeleteAsync(resource, ns, name, options, cancellationToken);

    public Task DeleteCollectionAsync(ResourceInfo resource, string ns, ListOptions? selection = null, DeleteOptions? options = null, CancellationToken cancellationToken = default) =>
        Allowed(resource).DeleteCollectionAsync(resource, ns, selection, options, cancellationToken);

    private IKubeClient Allowed(ResourceInfo resource) => mayWrite(resource)
        ? inner
        : throw new InvalidOperationException($"{controller} has not declared that it writes {resource.Plural}");
}
