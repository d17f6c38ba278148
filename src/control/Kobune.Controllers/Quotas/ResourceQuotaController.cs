using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Controllers.Resources;
using Kobune.Runtime;

namespace Kobune.Controllers.Quotas;

/// <summary>
/// Keeps status.used of every ResourceQuota. Admission adds what a request will use; this controller counts anew when
/// something goes away or shrinks, and every five minutes, because a request may fail after it was charged.
/// </summary>
internal sealed class ResourceQuotaController : Controller, IResourceListener
{
    private static readonly TimeSpan Recount = TimeSpan.FromMinutes(5);

    private readonly ILister<ResourceQuota> _quotas;
    private readonly QuotaCounter _counter;
    private readonly Task _catalogSynced;

    public ResourceQuotaController(ControllerContext context, ResourceCatalog catalog, ResourceFeed feed) : base(context, "resourcequota-controller", workers: 5)
    {
        Writes<ResourceQuota>();
        _counter = new QuotaCounter(catalog, Client, context.Time);
        _catalogSynced = catalog.Synced;
        _quotas = Reconciles<ResourceQuota>();
        Watches<Pod>(change =>
        {
            if (change.Old is { } old && old.IsTerminal() != change.Object.IsTerminal())
            {
                Wake(change.Object.Namespace, Pod.Info);
            }
        });
        Watches<Service>(change => WakeIfChanged(change.Old?.Spec, change.Object.Spec, change.Object));
        Watches<PersistentVolumeClaim>(change => WakeIfChanged(change.Old?.Spec, change.Object.Spec, change.Object));
        feed.AddListener(this);
    }

    void IResourceListener.Saw(ResourceInfo resource, KubeObject obj)
    {
    }

    void IResourceListener.Gone(ResourceInfo resource, ObjectKey key, string uid) => Wake(key.Namespace, resource);

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        await _catalogSynced.WaitAsync(cancellationToken);
        if (_quotas.Get(key) is not { Metadata.DeletionTimestamp: null } quota)
        {
            return;
        }

        var changed = quota.Clone();
        changed.Status.Hard = new Dictionary<string, Quantity>(quota.Spec.Hard);
        changed.Status.Used = await _counter.CountAsync(quota, cancellationToken);
        if (!ApiStruct.DeepEquals(quota.Status, changed.Status))
        {
            await Client.UpdateStatusAsync(changed, cancellationToken: cancellationToken);
        }

        Queue.AddAfter(key, Recount);
    }

    private void WakeIfChanged(ApiStruct? before, ApiStruct now, KubeObject obj)
    {
        if (before is not null && !ApiStruct.DeepEquals(before, now))
        {
            Wake(obj.Namespace, obj.Resource);
        }
    }

    private void Wake(string ns, ResourceInfo resource)
    {
        if (ns.Length == 0)
        {
            return;
        }

        foreach (var quota in _quotas.List(ns).Where(q => _counter.Concerns(q, resource)))
        {
            Queue.Add(ObjectKey.Of(quota));
        }
    }
}
