using System.Globalization;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Discovery.V1;
using Kobune.Client;
using Kobune.Runtime;
using EndpointPort = Kobune.Api.Discovery.V1.EndpointPort;

namespace Kobune.Controllers.Endpoints;

/// <summary>Keeps the EndpointSlices of every Service that selects Pods. Existing slices are changed as little as possible: each change goes to every node.</summary>
internal sealed class EndpointSliceController : Controller
{
    public const string ServiceName = "kubernetes.io/service-name";
    public const string ManagedBy = "endpointslice.kubernetes.io/managed-by";
    public const string Manager = "endpointslice-controller.k8s.io";

    private const string Zone = "topology.kubernetes.io/zone";

    private readonly ILister<Service> _services;
    private readonly ILister<Pod> _pods;
    private readonly ILister<Node> _nodes;
    private readonly ILister<EndpointSlice> _slices;
    private readonly IIndex<EndpointSlice> _byService;
    private readonly WrittenVersions _written = new();

    public EndpointSliceController(ControllerContext context) : base(context, "endpointslice-controller", workers: 5)
    {
        Writes<EndpointSlice>();
        _services = Reconciles<Service>();
        _pods = Watches<Pod>(change =>
        {
            foreach (var service in ServicePods.AffectedBy(change, _services!))
            {
                Queue.Add(ObjectKey.Of(service));
            }
        });
        _nodes = Watches<Node>(OnNode);
        _slices = Watches<EndpointSlice>(OnSlice);
        _byService = _slices.IndexBy("service", static s => s.Metadata.Labels.GetValueOrDefault(ManagedBy) == Manager && s.Metadata.Labels.TryGetValue(ServiceName, out var name) ? [$"{s.Namespace}/{name}"] : []);
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        var existing = _byService.Get(key.ToString());
        if (_services.Get(key) is not { } service || !ServicePods.HasEndpoints(service))
        {
            _written.Forget(key);
            foreach (var slice in existing)
            {
                await DeleteAsync(key, slice, cancellationToken);
            }

            return;
        }

        if (service.Metadata.DeletionTimestamp is not null || !_written.AreSeen(key, _slices))
        {
            return; // the slices go with the Service; or our last writes are still on their way here and will wake us
        }

        var plan = SlicePlan.Make(OwnerOf(service), Groups(service), existing);
        foreach (var slice in plan.Update)
        {
            _written.Wrote(key, await Client.UpdateAsync(slice, cancellationToken: cancellationToken));
        }

        foreach (var slice in plan.Create)
        {
            await CreateAsync(key, slice, cancellationToken);
        }

        foreach (var slice in plan.Delete)
        {
            await DeleteAsync(key, slice, cancellationToken);
        }
    }

    private static SliceOwner OwnerOf(Service service)
    {
        var labels = new Dictionary<string, string>(service.Metadata.Labels) { [ServiceName] = service.Name, [ManagedBy] = Manager };
        if (ServicePods.IsHeadless(service))
        {
            labels[ServicePods.HeadlessLabel] = "";
        }

        return new SliceOwner(service, labels, [], service.Spec.IpFamilies.FirstOrDefault() ?? "IPv4");
    }

    private List<SliceGroup> Groups(Service service)
    {
        var groups = new Dictionary<string, SliceGroup>();
        foreach (var family in Families(service))
        {
            foreach (var pod in ServicePods.Of(service, _pods, withTerminating: true))
            {
                if (AddressOf(pod, family) is { } address)
                {
                    var ports = PortsOf(service, pod);
                    var key = family + string.Join(';', ports.Select(p => $"{p.Name}/{p.Protocol}/{p.Port}/{p.AppProtocol}"));
                    if (!groups.TryGetValue(key, out var group))
                    {
                        groups[key] = group = new SliceGroup(family, ports, []);
                    }

                    group.Endpoints.Add(EndpointOf(service, pod, address));
                }
            }
        }

        return [.. groups.Values];
    }

    private static IEnumerable<string> Families(Service service) => service.Spec.IpFamilies.Count == 0 ? ["IPv4"] : service.Spec.IpFamilies;

    private static string? AddressOf(Pod pod, string family)
    {
        var addresses = pod.Status.PodIPs.Count == 0 ? [pod.Status.PodIP] : pod.Status.PodIPs.Select(i => i.Ip);
        return addresses.FirstOrDefault(a => a.Contains(':', StringComparison.Ordinal) == (family == "IPv6"));
    }

    private static List<EndpointPort> PortsOf(Service service, Pod pod)
    {
        var ports = new List<EndpointPort>();
        foreach (var port in service.Spec.Ports)
        {
            if (ServicePods.PortOn(pod, port) is { } number)
            {
                ports.Add(new EndpointPort { Name = port.Name, Protocol = ServicePods.Protocol(port.Protocol), Port = number, AppProtocol = port.AppProtocol });
            }
        }

        return ports;
    }

    private Endpoint EndpointOf(Service service, Pod pod, string address)
    {
        var serving = pod.IsReady();
        var terminating = pod.IsTerminating();
        var ready = service.Spec.PublishNotReadyAddresses || (serving && !terminating);
        var node = pod.Spec.NodeName.Length > 0 ? pod.Spec.NodeName : null;
        var zone = _nodes.Get("", pod.Spec.NodeName)?.Metadata.Labels.GetValueOrDefault(Zone);
        return new Endpoint
        {
            Addresses = [address],
            Conditions = new EndpointConditions { Ready = ready, Serving = serving, Terminating = terminating },
            Hostname = pod.Spec.Hostname.Length > 0 && pod.Spec.Subdomain == service.Name ? pod.Spec.Hostname : null,
            NodeName = node,
            Zone = zone,
            Hints = ready ? TopologyHints.For(service.Spec.TrafficDistribution, node, zone) : null,
            TargetRef = new ObjectReference { Kind = "Pod", Namespace = pod.Namespace, Name = pod.Name, Uid = pod.Metadata.Uid },
        };
    }

    private async Task CreateAsync(ObjectKey key, EndpointSlice slice, CancellationToken cancellationToken)
    {
        slice.Metadata.Annotations[ServicePods.LastChangeTrigger] = Now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        try
        {
            _written.Wrote(key, await Client.CreateAsync(slice, cancellationToken: cancellationToken));
        }
        catch (Exception e) when (e.IsNamespaceTerminating())
        {
            // no longer needed
        }
    }

    private async Task DeleteAsync(ObjectKey key, EndpointSlice slice, CancellationToken cancellationToken)
    {
        try
        {
            await Client.DeleteAsync<EndpointSlice>(slice.Namespace, slice.Name, cancellationToken: cancellationToken);
            _written.Deleted(key, slice);
        }
        catch (KubeStatusException e) when (e.IsNotFound)
        {
            // gone already
        }
    }

    // A node whose zone becomes known, or another, changes what is said of the endpoints on it.
    private void OnNode(InformerEvent<Node> change)
    {
        if (change.Object.Metadata.Labels.GetValueOrDefault(Zone) != change.Old?.Metadata.Labels.GetValueOrDefault(Zone))
        {
            foreach (var service in _services.List().Where(ServicePods.HasEndpoints))
            {
                Queue.Add(ObjectKey.Of(service));
            }
        }
    }

    private void OnSlice(InformerEvent<EndpointSlice> change)
    {
        foreach (var slice in new[] { change.Old, change.Object })
        {
            if (slice?.Metadata.Labels.GetValueOrDefault(ManagedBy) == Manager && slice.Metadata.Labels.TryGetValue(ServiceName, out var name))
            {
                Queue.Add(new ObjectKey(slice.Namespace, name));
            }
        }
    }
}
