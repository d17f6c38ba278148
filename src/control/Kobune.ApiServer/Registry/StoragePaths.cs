using Kobune.Api;

namespace Kobune.ApiServer.Registry;

/// <summary>Under which prefix a resource's objects are stored: upstream's layout of etcd, so that its tools and backups fit.</summary>
internal static class StoragePaths
{
    public static string PrefixOf(ResourceInfo resource) => resource.Group switch
    {
        "" => Core(resource.Plural),
        "networking.k8s.io" when resource.Plural == "ingresses" => WatchHub.Root + "ingress/",
        "events.k8s.io" => WatchHub.Root + "events/",
        _ when IsBuiltIn(resource.Group) => WatchHub.Root + resource.Plural + "/",
        _ => WatchHub.Root + resource.Group + "/" + resource.Plural + "/",
    };

    private static string Core(string plural) => WatchHub.Root + plural switch
    {
        "nodes" => "minions/",
        "services" => "services/specs/",
        "endpoints" => "services/endpoints/",
        "replicationcontrollers" => "controllers/",
        _ => plural + "/",
    };

    /// <summary>Groups whose resources stand directly under the root; others (CRDs, API services, custom resources) carry their group.</summary>
    private static bool IsBuiltIn(string group) => group is "apps" or "batch" or "autoscaling" or "policy"
        or "networking.k8s.io" or "rbac.authorization.k8s.io" or "storage.k8s.io" or "scheduling.k8s.io" or "node.k8s.io"
        or "coordination.k8s.io" or "discovery.k8s.io" or "certificates.k8s.io" or "admissionregistration.k8s.io"
        or "flowcontrol.apiserver.k8s.io" or "resource.k8s.io" or "internal.apiserver.k8s.io" or "storagemigration.k8s.io";
}
