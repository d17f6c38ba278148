using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Quotas;
using Kobune.Client;
using Kobune.Controllers.Resources;

namespace Kobune.Controllers.Quotas;

/// <summary>Counts what is used of the resources that a quota limits. It reads what is there now and remembers nothing.</summary>
internal sealed class QuotaCounter(ResourceCatalog catalog, IKubeClient client, TimeProvider time)
{
    private const string CountPrefix = "count/";

    /// <summary>The usage of every limited resource that is known; those of kinds that do not exist are left out.</summary>
    public async Task<Dictionary<string, Quantity>> CountAsync(ResourceQuota quota, CancellationToken cancellationToken)
    {
        var used = new Dictionary<string, Quantity>(StringComparer.Ordinal);
        foreach (var group in quota.Spec.Hard.Keys.GroupBy(ResourceOf))
        {
            if (group.Key is not { } resource)
            {
                continue;
            }

            foreach (var name in group)
            {
                used[name] = Quantity.Zero;
            }

            foreach (var obj in (await client.ListAsync(resource, quota.Namespace, cancellationToken: cancellationToken)).Items)
            {
                Add(used, quota, resource, obj);
            }
        }

        return used;
    }

    /// <summary>Whether the quota limits what objects of the resource use.</summary>
    public bool Concerns(ResourceQuota quota, ResourceInfo resource) => quota.Spec.Hard.Keys.Any(name => ResourceOf(name) == resource);

    private void Add(Dictionary<string, Quantity> used, ResourceQuota quota, ResourceInfo resource, KubeObject obj)
    {
        if (!QuotaScopes.Match(quota.Spec, obj) || (obj is Pod pod && IsOverdue(pod)))
        {
            return;
        }

        foreach (var (name, amount) in QuotaUsage.Of(resource, obj))
        {
            if (used.TryGetValue(name, out var before))
            {
                used[name] = before + amount;
            }
        }
    }

    // Its grace period is over, only its node has not said so: it no longer counts.
    private bool IsOverdue(Pod pod) => pod.Metadata.DeletionTimestamp is { } deadline && deadline <= time.GetUtcNow();

    // The resource whose objects use the limited name.
    private ResourceInfo? ResourceOf(string name)
    {
        if (name.StartsWith(CountPrefix, StringComparison.Ordinal))
        {
            return catalog.All.FirstOrDefault(r => r.Namespaced && r.QualifiedPlural == name[CountPrefix.Length..]);
        }

        return name switch
        {
            "configmaps" or "replicationcontrollers" or "resourcequotas" or "secrets" => ResourceInfo.Find("", "v1", name),
            _ when name == "services" || name.StartsWith("services.", StringComparison.Ordinal) => Service.Info,
            _ when name is "persistentvolumeclaims" or "requests.storage" || name.Contains(".storageclass.storage.k8s.io/", StringComparison.Ordinal)
                || name.Contains(".volumeattributesclass.storage.k8s.io/", StringComparison.Ordinal) => PersistentVolumeClaim.Info,
            _ => Pod.Info,
        };
    }
}
