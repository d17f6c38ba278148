using Kobune.Api;
using Kobune.Api.Core.V1;

namespace Kobune.ApiServer.Authorization;

/// <summary>
/// What a node (user system:node:NAME in group system:nodes) may do: read and report about itself and its own Pods, and
/// read the Secrets, ConfigMaps, claims and volumes that its Pods mount — and no others.
/// </summary>
public sealed class NodeAuthorizer(ApiServerServices services) : IAuthorizer
{
    private const string UserPrefix = "system:node:";
    private const string Group = "system:nodes";

    public async ValueTask<(Decision Decision, string Reason)> AuthorizeAsync(RequestAttributes attributes, CancellationToken cancellationToken)
    {
        if (!attributes.IsResourceRequest || !attributes.User.Name.StartsWith(UserPrefix, StringComparison.Ordinal) || !attributes.User.Groups.Contains(Group))
        {
            return default;
        }
        var node = attributes.User.Name[UserPrefix.Length..];
        return await AllowsAsync(attributes, node, cancellationToken)
            ? (Decision.Allow, "")
            : (Decision.NoOpinion, $"node '{node}' has no relationship to this object");
    }

    private async ValueTask<bool> AllowsAsync(RequestAttributes a, string node, CancellationToken cancellationToken) => (a.ApiGroup, a.Resource) switch
    {
        ("", "nodes") => a.Verb is "get" or "list" or "watch" or "create" ? a.Subresource is "" or "status"
            : a.Verb is "update" or "patch" or "delete" && a.Name == node && a.Subresource is "" or "status" && (a.Verb != "delete" || a.Subresource == ""),
        ("", "pods") => a.Subresource switch
        {
            "" => a.Verb is "get" or "list" or "watch" or "create" or "delete",
            "status" => a.Verb is "get" or "update" or "patch",
            "eviction" => a.Verb == "create",
            _ => false,
        },
        ("", "services") or ("storage.k8s.io", "csidrivers") or ("node.k8s.io", "runtimeclasses") => a.Subresource == "" && a.Verb is "get" or "list" or "watch",
        // kube-proxy and DNS run inside of the node's agent; DNS keeps the node's own endpoint of kube-dns.
        ("", "namespaces") => a.Subresource == "" && a.Verb is "get" or "list" or "watch",
        ("discovery.k8s.io", "endpointslices") => a.Verb is "get" or "list" or "watch"
            || (a.Namespace == "kube-system" && a.Name == $"kube-dns-{node}" && a.Verb is "create" or "update" or "patch" or "delete"),
        ("", "events") or ("events.k8s.io", "events") => a.Verb is "create" or "update" or "patch",
        ("", "secrets") or ("", "configmaps") => a.Verb is "get" or "list" or "watch" && a.Subresource == "" && a.Name.Length > 0
            && (await MountsAsync(a, node, cancellationToken) || a is { Resource: "secrets", Verb: "get" } && await MountsWithAsync(a, node, cancellationToken)),
        ("", "persistentvolumeclaims") => a.Verb is "get" && a.Subresource == "" && await MountsAsync(a, node, cancellationToken)
            || a.Verb is "update" or "patch" && a.Subresource == "status" && await MountsAsync(a, node, cancellationToken),
        ("", "persistentvolumes") => a.Verb is "get" && a.Subresource == "" && await MountsVolumeAsync(a.Name, node, cancellationToken),
        ("", "serviceaccounts") => a.Verb switch
        {
            "create" => a.Subresource == "token" && await UsesAccountAsync(a, node, cancellationToken),
            "get" => a.Subresource == "" && await UsesAccountAsync(a, node, cancellationToken),
            _ => false,
        },
        ("coordination.k8s.io", "leases") => a.Namespace == "kube-node-lease" && (a.Verb == "create" || a.Name == node && a.Verb is "get" or "update" or "patch" or "delete"),
        ("storage.k8s.io", "csinodes") => a.Verb == "create" || a.Name == node && a.Verb is "get" or "update" or "patch" or "delete",
        ("storage.k8s.io", "volumeattachments") => a.Verb == "get",
        ("authentication.k8s.io", "tokenreviews") or ("authorization.k8s.io", "subjectaccessreviews") or ("authorization.k8s.io", "localsubjectaccessreviews") => a.Verb == "create",
        ("certificates.k8s.io", "certificatesigningrequests") => a.Verb is "create" or "get" or "list" or "watch",
        ("certificates.k8s.io", "clustertrustbundles") => a.Verb is "get" or "list" or "watch",
        ("resource.k8s.io", "resourceslices") => true,
        ("resource.k8s.io", "resourceclaims") => a.Verb == "get",
        _ => false,
    };

    private async ValueTask<bool> MountsAsync(RequestAttributes a, string node, CancellationToken cancellationToken)
    {
        foreach (var pod in await PodsOfAsync(node, a.Namespace, cancellationToken))
        {
            var references = a.Resource switch
            {
                "secrets" => PodReferences.Secrets(pod),
                "configmaps" => PodReferences.ConfigMaps(pod),
                _ => PodReferences.Claims(pod),
            };
            if (references.Contains(a.Name))
            {
                return true;
            }
        }
        return false;
    }

    private async ValueTask<bool> MountsVolumeAsync(string volume, string node, CancellationToken cancellationToken)
    {
        if (await services.Objects.FindAsync(PersistentVolume.Info, null, volume, fresh: true, cancellationToken) is not PersistentVolume { Spec.ClaimRef: { } claim })
        {
            return false;
        }
        var pods = await PodsOfAsync(node, claim.Namespace, cancellationToken);
        return pods.Any(p => PodReferences.Claims(p).Contains(claim.Name));
    }

    // The Secrets that a volume of one of its Pods is staged and published with lie where its administrator put them.
    private async ValueTask<bool> MountsWithAsync(RequestAttributes a, string node, CancellationToken cancellationToken)
    {
        foreach (var volume in (await services.Objects.ListAsync(PersistentVolume.Info, null, fresh: true, cancellationToken)).Cast<PersistentVolume>())
        {
            if (volume.Spec is { Csi: { } csi, ClaimRef: { } claim } && (Is(csi.NodeStageSecretRef) || Is(csi.NodePublishSecretRef) || Is(csi.NodeExpandSecretRef))
                && (await PodsOfAsync(node, claim.Namespace, cancellationToken)).Any(p => PodReferences.Claims(p).Contains(claim.Name)))
            {
                return true;
            }
        }
        return false;

        bool Is(SecretReference? reference) => reference is not null && reference.Namespace == a.Namespace && reference.Name == a.Name;
    }

    private async ValueTask<bool> UsesAccountAsync(RequestAttributes a, string node, CancellationToken cancellationToken) =>
        (await PodsOfAsync(node, a.Namespace, cancellationToken)).Any(p => p.Spec.ServiceAccountName == a.Name);

    private async ValueTask<IEnumerable<Pod>> PodsOfAsync(string node, string ns, CancellationToken cancellationToken) =>
        (await services.Objects.ListAsync(Pod.Info, ns, fresh: true, cancellationToken)).Cast<Pod>().Where(p => p.Spec.NodeName == node);
}
