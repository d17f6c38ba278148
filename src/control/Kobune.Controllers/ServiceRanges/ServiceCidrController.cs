using System.Net;
using Kobune.Api;
using Kobune.Api.Meta.V1;
using Kobune.Api.Networking.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.ServiceRanges;

/// <summary>
/// Makes ServiceCIDRs Ready and holds their deletion, by a finalizer, as long as an address that only they contain is in use.
/// </summary>
internal sealed class ServiceCidrController : Controller
{
    private const string Finalizer = "networking.k8s.io/service-cidr-finalizer";
    private const string Ready = "Ready";

    private readonly ILister<ServiceCIDR> _ranges;
    private readonly ILister<Kobune.Api.Networking.V1.IPAddress> _addresses;

    public ServiceCidrController(ControllerContext context) : base(context, "service-cidrs-controller", workers: 1)
    {
        Writes<ServiceCIDR>();
        _ranges = Watches<ServiceCIDR>(_ => QueueAll());
        _addresses = Watches<Kobune.Api.Networking.V1.IPAddress>(change =>
        {
            if (change.Type == InformerEventType.Deleted)
            {
                QueueAll();
            }
        });
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_ranges.Get(key) is not { } range)
        {
            return;
        }

        try
        {
            await (range.Metadata.DeletionTimestamp is null ? WelcomeAsync(range, cancellationToken) : LetGoAsync(range, cancellationToken));
        }
        catch (KubeStatusException e) when (e.IsNotFound)
        {
            // It is gone, which is what its deletion wanted.
        }
    }

    private async Task WelcomeAsync(ServiceCIDR range, CancellationToken cancellationToken)
    {
        if (!range.Metadata.Finalizers.Contains(Finalizer))
        {
            var held = range.Clone();
            held.Metadata.Finalizers.Add(Finalizer);
            range = await Client.UpdateAsync(held, cancellationToken: cancellationToken);
        }

        await TellAsync(range, "True", "", "Kubernetes Service CIDR is ready", cancellationToken);
    }

    private async Task LetGoAsync(ServiceCIDR range, CancellationToken cancellationToken)
    {
        if (!range.Metadata.Finalizers.Contains(Finalizer))
        {
            return;
        }

        if (InUse(range))
        {
            await TellAsync(range, "False", "Terminating", "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR", cancellationToken);
            return;
        }

        var free = range.Clone();
        free.Metadata.Finalizers.Remove(Finalizer);
        await Client.UpdateAsync(free, cancellationToken: cancellationToken);
    }

    private async Task TellAsync(ServiceCIDR range, string status, string reason, string message, CancellationToken cancellationToken)
    {
        var present = range.Status.Conditions.Find(c => c.Type == Ready);
        if (present is not null && present.Status == status && present.Reason == reason)
        {
            return;
        }

        var told = range.Clone();
        told.Status.Conditions.RemoveAll(c => c.Type == Ready);
        told.Status.Conditions.Add(new Condition { Type = Ready, Status = status, Reason = reason, Message = message, LastTransitionTime = present?.Status == status ? present.LastTransitionTime : Now });
        await Client.UpdateStatusAsync(told, cancellationToken: cancellationToken);
    }

    /// <summary>Whether an address lies in the range and in no other that stays.</summary>
    private bool InUse(ServiceCIDR range)
    {
        var own = Networks(range);
        var others = _ranges.List().Where(r => r.Metadata.Name != range.Metadata.Name && r.Metadata.DeletionTimestamp is null).SelectMany(Networks).ToList();
        return _addresses.List().Any(a => System.Net.IPAddress.TryParse(a.Metadata.Name, out var ip) && own.Exists(n => n.Contains(ip)) && !others.Exists(n => n.Contains(ip)));
    }

    private static List<IPNetwork> Networks(ServiceCIDR range) =>
        [.. range.Spec.Cidrs.Where(c => IPNetwork.TryParse(c, out _)).Select(IPNetwork.Parse)];

    private void QueueAll()
    {
        foreach (var range in _ranges.List())
        {
            Queue.Add(ObjectKey.Of(range));
        }
    }
}
