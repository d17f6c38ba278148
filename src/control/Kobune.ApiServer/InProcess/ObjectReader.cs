using Kobune.Api;
using Kobune.ApiServer.Registry;
using Kobune.Store;

namespace Kobune.ApiServer.InProcess;

/// <summary>Reads the watch cache for the server's own parts, without authorization.</summary>
internal sealed class ObjectReader(ResourceCatalog catalog, IStore store) : IObjectReader
{
    public async ValueTask<KubeObject?> FindAsync(ResourceInfo resource, string? ns, string name, bool fresh, CancellationToken cancellationToken)
    {
        var (served, state) = await StateAsync(resource, fresh, cancellationToken).ConfigureAwait(false);
        return state.Items.Find(served.KeyOf(ns ?? "", name)) is { } found ? served.ObjectOf(found) : null;
    }

    public async ValueTask<object> StampAsync(ResourceInfo resource, CancellationToken cancellationToken) =>
        (await StateAsync(resource, false, cancellationToken).ConfigureAwait(false)).State.Items;

    public async ValueTask<IReadOnlyList<KubeObject>> ListAsync(ResourceInfo resource, string? ns, bool fresh, CancellationToken cancellationToken)
    {
        var (served, state) = await StateAsync(resource, fresh, cancellationToken).ConfigureAwait(false);
        var items = new List<KubeObject>();
        foreach (var item in state.Items.WithPrefix(served.PrefixOf(ns ?? "")))
        {
            items.Add(served.ObjectOf(item));
        }

        return items;
    }

    private async ValueTask<(ServedResource Served, ResourceCache.State State)> StateAsync(ResourceInfo resource, bool fresh, CancellationToken cancellationToken)
    {
        var served = catalog.Find(resource) ?? throw StatusErrors.NoSuchPath();
        var newest = fresh ? await store.CurrentRevisionAsync(cancellationToken).ConfigureAwait(false) : 0;
        var (state, _) = await served.Cache!.ReadAsync(newest, cancellationToken).ConfigureAwait(false);
        return (served, state);
    }
}
