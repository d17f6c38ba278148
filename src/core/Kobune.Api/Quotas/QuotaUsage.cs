using Kobune.Api.Core.V1;

namespace Kobune.Api.Quotas;

/// <summary>What an object counts as, in the names that quotas limit.</summary>
public static class QuotaUsage
{
    private const string StorageClassSuffix = ".storageclass.storage.k8s.io/";

    private static readonly HashSet<string> CountedByPlural = new(StringComparer.Ordinal) { "configmaps", "replicationcontrollers", "resourcequotas", "secrets" };

    /// <summary>By limited name, among them <c>count/</c> and the resource.</summary>
    public static Dictionary<string, Quantity> Of(ResourceInfo resource, KubeObject obj)
    {
        var usage = new Dictionary<string, Quantity>(StringComparer.Ordinal)
        {
            ["count/" + resource.QualifiedPlural] = new Quantity(1),
        };
        if (resource.Group.Length == 0 && CountedByPlural.Contains(resource.Plural))
        {
            usage[resource.Plural] = new Quantity(1);
        }

        switch (obj)
        {
            case Pod pod:
                OfPod(pod, usage);
                break;
            case Service service:
                OfService(service, usage);
                break;
            case PersistentVolumeClaim claim:
                OfClaim(claim, usage);
                break;
        }

        return usage;
    }

    private static void OfPod(Pod pod, Dictionary<string, Quantity> usage)
    {
        if (pod.Status.Phase is "Failed" or "Succeeded")
        {
            return;
        }

        usage["pods"] = new Quantity(1);
        foreach (var (name, amount) in PodAmounts.Requests(pod.Spec))
        {
            usage["requests." + name] = amount;
            if (name is "cpu" or "memory" or "ephemeral-storage" || name.StartsWith("hugepages-", StringComparison.Ordinal))
            {
                usage[name] = amount;
            }
        }

        foreach (var (name, amount) in PodAmounts.Limits(pod.Spec))
        {
            if (name is "cpu" or "memory" or "ephemeral-storage")
            {
                usage["limits." + name] = amount;
            }
        }
    }

    private static void OfService(Service service, Dictionary<string, Quantity> usage)
    {
        var ports = service.Spec.Ports.Count;
        usage["services"] = new Quantity(1);
        usage["services.nodeports"] = default;
        usage["services.loadbalancers"] = default;
        switch (service.Spec.Type)
        {
            case "NodePort":
                usage["services.nodeports"] = new Quantity(ports);
                break;
            case "LoadBalancer":
                var withPorts = service.Spec.AllocateLoadBalancerNodePorts == false ? service.Spec.Ports.Count(p => p.NodePort != 0) : ports;
                usage["services.nodeports"] = new Quantity(withPorts);
                usage["services.loadbalancers"] = new Quantity(1);
                break;
        }
    }

    private static void OfClaim(PersistentVolumeClaim claim, Dictionary<string, Quantity> usage)
    {
        usage["persistentvolumeclaims"] = new Quantity(1);
        var storageClass = claim.Metadata.Annotations.GetValueOrDefault("volume.beta.kubernetes.io/storage-class") ?? claim.Spec.StorageClassName ?? "";
        if (storageClass.Length > 0)
        {
            usage[storageClass + StorageClassSuffix + "persistentvolumeclaims"] = new Quantity(1);
        }

        if (claim.Spec.Resources.Requests.TryGetValue("storage", out var size))
        {
            usage["requests.storage"] = size;
            if (storageClass.Length > 0)
            {
                usage[storageClass + StorageClassSuffix + "requests.storage"] = size;
            }
        }
    }
}
