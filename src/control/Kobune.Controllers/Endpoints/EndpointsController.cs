using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.Endpoints;

/// <summary>Keeps the older Endpoints object of every Service that selects Pods, for those who still read it.</summary>
internal sealed class EndpointsController : Controller
{
    private const string ManagedBy = "endpoints.kubernetes.io/managed-by";
    private const string OverCapacity = "endpoints.kubernetes.io/over-capacity";
    private const int Capacity = 1000;

    private readonly ILister<Service> _services;
    private readonly ILister<Pod> _pods;
    private readonly ILister<Api.Core.V1.Endpoints> _endpoints;

    public EndpointsController(ControllerContext context) : base(context, "endpoint-controller", workers: 5)
    {
        Writes<Api.Core.V1.Endpoints>();
        _services = Reconciles<Service>();
        _pods = Watches<Pod>(change =>
        {
            foreach (var service in ServicePods.AffectedBy(change, _services!))
            {
                Queue.Add(ObjectKey.Of(service));
            }
        });
        _endpoints = Watches<Api.Core.V1.Endpoints>(change =>
        {
            if (_services!.Get(change.Key) is { } service && ServicePods.HasEndpoints(service))
            {
                Queue.Add(change.Key);
            }
        });
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        var existing = _endpoints.Get(key);
        if (_services.Get(key) is not { } service)
        {
            if (existing is not null && existing.Metadata.Labels.ContainsKey(ManagedBy))
            {
                await DeleteAsync(key, cancellationToken);
            }

            return;
        }

        if (!ServicePods.HasEndpoints(service) || service.Metadata.DeletionTimestamp is not null)
        {
            return;
        }

        var wanted = Make(service);
        if (existing is null)
        {
            await CreateAsync(wanted, cancellationToken);
        }
        else if (!ApiStruct.DeepEquals(existing.Subsets, wanted.Subsets) || existing.Metadata.Labels.Count != wanted.Metadata.Labels.Count
            || wanted.Metadata.Labels.Any(l => existing.Metadata.Labels.GetValueOrDefault(l.Key) != l.Value))
        {
            var changed = existing.Clone();
            changed.Subsets = wanted.Subsets;
            changed.Metadata.Labels = wanted.Metadata.Labels;
            await Client.UpdateAsync(changed, cancellationToken: cancellationToken);
        }
    }

    private Api.Core.V1.Endpoints Make(Service service)
    {
        var result = new Api.Core.V1.Endpoints();
        result.Metadata.Name = service.Name;
        result.Metadata.Namespace = service.Namespace;
        result.Metadata.Labels = new Dictionary<string, string>(service.Metadata.Labels) { [ManagedBy] = "endpoint-controller" };
        if (ServicePods.IsHeadless(service))
        {
            result.Metadata.Labels[ServicePods.HeadlessLabel] = "";
        }

        var subsets = new SortedDictionary<string, EndpointSubset>(StringComparer.Ordinal);
        foreach (var pod in ServicePods.Of(service, _pods, withTerminating: service.Spec.PublishNotReadyAddresses).Take(Capacity + 1))
        {
            if (subsets.Values.Sum(s => s.Addresses.Count + s.NotReadyAddresses.Count) == Capacity)
            {
                result.Metadata.Annotations[OverCapacity] = "truncated";
                break;
            }

            var ports = PortsOf(service, pod);
            if (ports.Count == 0 && service.Spec.Ports.Count > 0)
            {
                continue; // none of the named ports is there
            }

            var key = string.Join(';', ports.Select(p => $"{p.Name}/{p.Protocol}/{p.Port}"));
            if (!subsets.TryGetValue(key, out var subset))
            {
                subsets[key] = subset = new EndpointSubset { Ports = ports };
            }

            (service.Spec.PublishNotReadyAddresses || pod.IsReady() ? subset.Addresses : subset.NotReadyAddresses).Add(AddressOf(service, pod));
        }

        foreach (var subset in subsets.Values)
        {
            subset.Addresses = [.. subset.Addresses.OrderBy(a => a.Ip, StringComparer.Ordinal)];
            subset.NotReadyAddresses = [.. subset.NotReadyAddresses.OrderBy(a => a.Ip, StringComparer.Ordinal)];
        }

        result.Subsets = [.. subsets.Values];
        return result;
    }

    private static EndpointAddress AddressOf(Service service, Pod pod) => new()
    {
        Ip = pod.Status.PodIP,
        Hostname = pod.Spec.Hostname.Length > 0 && pod.Spec.Subdomain == service.Name ? pod.Spec.Hostname : "",
        NodeName = pod.Spec.NodeName.Length > 0 ? pod.Spec.NodeName : null,
        TargetRef = new ObjectReference { Kind = "Pod", Namespace = pod.Namespace, Name = pod.Name, Uid = pod.Metadata.Uid },
    };

    private static List<EndpointPort> PortsOf(Service service, Pod pod)
    {
        var ports = new List<EndpointPort>();
        foreach (var port in service.Spec.Ports)
        {
            if (ServicePods.PortOn(pod, port) is { } number)
            {
                ports.Add(new EndpointPort { Name = port.Name, Port = number, Protocol = ServicePods.Protocol(port.Protocol), AppProtocol = port.AppProtocol });
            }
        }

        return ports;
    }

    private async Task CreateAsync(Api.Core.V1.Endpoints wanted, CancellationToken cancellationToken)
    {
        try
        {
            await Client.CreateAsync(wanted, cancellationToken: cancellationToken);
        }
        catch (Exception e) when (e.IsNamespaceTerminating())
        {
            // no longer needed
        }
    }

    private async Task DeleteAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        try
        {
            await Client.DeleteAsync<Api.Core.V1.Endpoints>(key.Namespace, key.Name, cancellationToken: cancellationToken);
        }
        catch (KubeStatusException e) when (e.IsNotFound)
        {
            // gone already
        }
    }
}
