using Kobune.Api;
using Kobune.Api.Meta.V1;
using Kobune.Client;

namespace Kobune.ApiServer.Tests;

/// <summary>A client over a list of objects that creates and deletes; for hooks that keep objects of their own.</summary>
internal sealed class ListClient(List<KubeObject> objects) : IKubeClient
{
    public Task<KubeObject> CreateAsync(ResourceInfo resource, KubeObject obj, WriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        lock (objects)
        {
            if (objects.Exists(o => o.Resource == resource && o.Metadata.Name == obj.Metadata.Name && o.Metadata.Namespace == obj.Metadata.Namespace))
            {
                throw StatusErrors.AlreadyExists(resource, obj.Metadata.Name);
            }

            objects.Add(obj);
            return Task.FromResult(obj);
        }
    }

    public Task<KubeObject?> DeleteAsync(ResourceInfo resource, string? ns, string name, DeleteOptions? options = null, CancellationToken cancellationToken = default)
    {
        lock (objects)
        {
            return objects.RemoveAll(o => o.Resource == resource && o.Metadata.Name == name && o.Metadata.Namespace == (ns ?? "")) > 0
                ? Task.FromResult<KubeObject?>(null)
                : throw StatusErrors.NotFound(resource, name);
        }
    }

    public Task<KubeObject> GetAsync(ResourceInfo resource, string? ns, string name, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    public Task<ObjectList> ListAsync(ResourceInfo resource, string? ns, ListOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    public IAsyncEnumerable<Kobune.Client.WatchEvent> WatchAsync(ResourceInfo resource, string? ns, WatchOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    public Task<KubeObject> CreateSubresourceAsync(ResourceInfo resource, string? ns, string name, string subresource, KubeObject body, WriteOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    public Task<KubeObject> UpdateAsync(ResourceInfo resource, KubeObject obj, WriteOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    public Task<KubeObject> PatchAsync(ResourceInfo resource, string? ns, string name, Patch patch, WriteOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    public Task DeleteCollectionAsync(ResourceInfo resource, string ns, ListOptions? selection = null, DeleteOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
