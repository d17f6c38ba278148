using System.Net;
using System.Net.Sockets;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Discovery.V1;
using Kobune.Client;
using Kobune.Runtime;
using EndpointPort = Kobune.Api.Discovery.V1.EndpointPort;

namespace Kobune.Controllers.Endpoints;

/// <summary>
/// Mirrors Endpoints that people or their programs write, for Services without a selector, into EndpointSlices: whoever
/// routes traffic reads only these.
/// </summary>
internal sealed class EndpointSliceMirroringController : Controller
{
    public const string Manager = "endpointslicemirroring-controller.k8s.io";

    private const string SkipMirror = "endpointslice.kubernetes.io/skip-mirror";
    private const string LeaderAnnotation = "control-plane.alpha.kubernetes.io/leader";
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";

    // Of one subset; the rest is left out (as upstream).
    private const int MaxAddresses = 1000;

    private readonly ILister<Service> _services;
    private readonly ILister<Api.Core.V1.Endpoints> _endpoints;
    private readonly ILister<EndpointSlice> _slices;
    private readonly IIndex<EndpointSlice> _mirrors;
    private readonly WrittenVersions _written = new();

    public EndpointSliceMirroringController(ControllerContext context) : base(context, "endpointslicemirroring-controller", workers: 5)
    {
        Writes<EndpointSlice>();
        _services = Watches<Service>(change => Queue.Add(change.Key));
        _endpoints = Reconciles<Api.Core.V1.Endpoints>();
        _slices = Watches<EndpointSlice>(change =>
        {
            if (MirrorOf(change.Object) is { } key)
            {
                Queue.Add(key);
            }
        });
        _mirrors = _slices.IndexBy("mirrored endpoints", static slice => MirrorOf(slice) is { } key ? [key.ToString()] : []);
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_written.AreSeen(key, _slices))
        {
            return; // our last writes are on their way here and will wake us
        }

        var existing = _mirrors.Get(key.ToString());
        var wanted = _endpoints.Get(key) is { Metadata.DeletionTimestamp: null } endpoints && IsMirrored(endpoints) ? endpoints : null;
        if (wanted is null && existing.Count == 0)
        {
            _written.Forget(key);
            return;
        }

        var plan = wanted is null ? new SlicePlan([], [], [.. existing]) : SlicePlan.Make(OwnerOf(wanted), [.. wanted.Subsets.SelectMany(Groups)], existing);
        foreach (var slice in plan.Update)
        {
            _written.Wrote(key, await Client.UpdateAsync(slice, cancellationToken: cancellationToken));
        }

        foreach (var slice in plan.Create)
        {
            _written.Wrote(key, await Client.CreateAsync(slice, cancellationToken: cancellationToken));
        }

        foreach (var slice in plan.Delete)
        {
            await DeleteAsync(key, slice, cancellationToken);
        }
    }

    private static ObjectKey? MirrorOf(EndpointSlice slice) =>
        slice.Metadata.Labels.GetValueOrDefault(EndpointSliceController.ManagedBy) == Manager && slice.Metadata.Labels.TryGetValue(EndpointSliceController.ServiceName, out var name)
            ? new ObjectKey(slice.Namespace, name)
            : null;

    // Those of Services with a selector are made by the endpoints controller, and their slices by its sibling.
    private bool IsMirrored(Api.Core.V1.Endpoints endpoints) =>
        endpoints.Metadata.Labels.GetValueOrDefault(SkipMirror) != "true"
        && !endpoints.Metadata.Annotations.ContainsKey(LeaderAnnotation)
        && _services.Get(ObjectKey.Of(endpoints)) is { Spec.Selector.Count: 0, Metadata.DeletionTimestamp: null };

    private static SliceOwner OwnerOf(Api.Core.V1.Endpoints endpoints)
    {
        var labels = new Dictionary<string, string>(endpoints.Metadata.Labels)
        {
            [EndpointSliceController.ServiceName] = endpoints.Name,
            [EndpointSliceController.ManagedBy] = Manager,
        };
        var annotations = new Dictionary<string, string>(endpoints.Metadata.Annotations);
        annotations.Remove(LastApplied);
        annotations.Remove(ServicePods.LastChangeTrigger);
        return new SliceOwner(endpoints, labels, annotations, WhenEmpty: null);
    }

    private static IEnumerable<SliceGroup> Groups(EndpointSubset subset)
    {
        var ports = subset.Ports.ConvertAll(p => new EndpointPort { Name = p.Name, Protocol = ServicePods.Protocol(p.Protocol), Port = p.Port, AppProtocol = p.AppProtocol });
        return subset.Addresses.Select(a => (Address: a, Ready: true)).Concat(subset.NotReadyAddresses.Select(a => (Address: a, Ready: false)))
            .Take(MaxAddresses)
            .GroupBy(a => IPAddress.TryParse(a.Address.Ip, out var ip) && ip.AddressFamily == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4")
            .Select(g => new SliceGroup(g.Key, ports, [.. g.DistinctBy(a => a.Address.Ip).Select(a => EndpointOf(a.Address, a.Ready))]));
    }

    private static Endpoint EndpointOf(EndpointAddress address, bool ready) => new()
    {
        Addresses = [address.Ip],
        Conditions = new EndpointConditions { Ready = ready },
        Hostname = address.Hostname.Length > 0 ? address.Hostname : null,
        NodeName = address.NodeName,
        TargetRef = address.TargetRef,
    };

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
}
