using Kobune.Api.Core.V1;
using Kobune.Api.Discovery.V1;
using Kobune.Runtime;

namespace Kobune.Dns.Zones;

/// <summary>
/// Keeps the zone's data current from the informers. The records of a Service are made again in the informer's own call, so
/// that a name answers the moment its endpoint is known; making them is a matter of microseconds.
/// </summary>
internal sealed class ZoneFeed
{
    private const string ServiceName = "kubernetes.io/service-name";

    private readonly Lock _gate = new();
    private readonly ZoneData _data;
    private readonly Informer<Service> _services;
    private readonly IIndex<EndpointSlice> _slices;

    public ZoneFeed(ZoneData data, InformerFactory informers)
    {
        _data = data;
        _services = informers.Get<Service>();
        var slices = informers.Get<EndpointSlice>();
        var namespaces = informers.Get<Namespace>();
        _slices = slices.IndexBy("service-name", static s => s.Metadata.Labels.TryGetValue(ServiceName, out var name) ? [$"{s.Namespace}/{name}"] : []);
        Synced = Task.WhenAll(_services.Synced, slices.Synced, namespaces.Synced);
        namespaces.AddHandler(change => data.SetNamespace(change.Object.Name, change.Type != InformerEventType.Deleted));
        _services.AddHandler(change => Renew(change.Key));
        slices.AddHandler(OnSlice);
    }

    /// <summary>Completes when everything was seen once; before, the server must not say that a name does not exist.</summary>
    public Task Synced { get; }

    private void OnSlice(InformerEvent<EndpointSlice> change)
    {
        var service = change.Object.Metadata.Labels.GetValueOrDefault(ServiceName);
        var before = change.Old?.Metadata.Labels.GetValueOrDefault(ServiceName);
        foreach (var name in (string?[])[service, before == service ? null : before])
        {
            if (name is not null)
            {
                Renew(new ObjectKey(change.Object.Namespace, name));
            }
        }
    }

    // Services and slices arrive on two loops: without the lock the older state could be put last.
    private void Renew(ObjectKey key)
    {
        lock (_gate)
        {
            _data.Put(key, _services.Get(key) is { } service ? ServiceRecords.Of(service, _slices.Get(key.ToString())) : null);
        }
    }
}
