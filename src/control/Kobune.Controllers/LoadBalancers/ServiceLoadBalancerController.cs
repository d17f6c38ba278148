using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.LoadBalancers;

/// <summary>
/// Gives Services of type LoadBalancer an address out of a pool that is routed to the nodes, and takes it back when the type
/// changes. There is nothing to release on deletion: an address is free as soon as no Service shows it. Services with a
/// loadBalancerClass are somebody else's.
/// </summary>
internal sealed class ServiceLoadBalancerController : Controller
{
    private readonly AddressPool _pool;
    private readonly ILister<Service> _services;

    // What was given but is not in the cache yet: two Services in a row must not get the same.
    private readonly Dictionary<ObjectKey, string> _given = [];

    /// <param name="cidr">The pool.</param>
    public ServiceLoadBalancerController(ControllerContext context, string cidr) : base(context, "service-controller", workers: 1)
    {
        Writes<Service>();
        _pool = new AddressPool(cidr);
        _services = Watches<Service>(OnService);
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_services.Get(key) is not { } service || service.Metadata.DeletionTimestamp is not null)
        {
            _given.Remove(key);
            return;
        }
        if (service.Spec.Type != "LoadBalancer")
        {
            _given.Remove(key);
            if (service.Status.LoadBalancer.Ingress.Any(i => _pool.Contains(i.Ip)))
            {
                await WriteAsync(service, null, cancellationToken);
            }
            return;
        }
        if (service.Spec.LoadBalancerClass is not null || service.Status.LoadBalancer.Ingress.Count > 0)
        {
            if (service.Status.LoadBalancer.Ingress.Count > 0)
            {
                _given.Remove(key);
            }
            return;
        }
        var address = Choose(service, key);
        if (address is null)
        {
            Events.Warning(service, "SyncLoadBalancerFailed", "Error syncing load balancer: failed to ensure load balancer: no address of the pool is free");
            throw new InvalidOperationException("no address of the pool is free");
        }
        _given[key] = address;
        await WriteAsync(service, address, cancellationToken);
        Events.Normal(service, "EnsuredLoadBalancer", "Ensured load balancer");
    }

    private string? Choose(Service service, ObjectKey key)
    {
        var taken = _services.List().Where(s => ObjectKey.Of(s) != key).SelectMany(s => s.Status.LoadBalancer.Ingress.Select(i => i.Ip))
            .Concat(_given.Where(g => g.Key != key).Select(g => g.Value)).ToHashSet();
        var wish = service.Spec.LoadBalancerIP;
        if (wish.Length > 0)
        {
            return _pool.Contains(wish) && !taken.Contains(wish) ? wish : null;
        }
        return _pool.Free(taken);
    }

    private async Task WriteAsync(Service service, string? address, CancellationToken cancellationToken)
    {
        var changed = service.Clone();
        changed.Status.LoadBalancer.Ingress = address is null ? [] : [new LoadBalancerIngress { Ip = address, IpMode = "VIP" }];
        await Client.UpdateStatusAsync(changed, cancellationToken: cancellationToken);
    }

    private void OnService(InformerEvent<Service> change)
    {
        if (change.Object.Spec.Type == "LoadBalancer" || change.Old?.Spec.Type == "LoadBalancer" || change.Object.Status.LoadBalancer.Ingress.Count > 0)
        {
            Queue.Add(change.Key);
        }
    }
}
