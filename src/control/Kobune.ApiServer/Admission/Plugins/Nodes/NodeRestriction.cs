using Kobune.Api;
using Kobune.Api.Authentication.V1;
using Kobune.Api.Core.V1;

namespace Kobune.ApiServer.Admission.Plugins.Nodes;

/// <summary>Keeps a kubelet to its own node and to the Pods on it, where the authorizer alone cannot see that.</summary>
internal sealed class NodeRestriction(ApiServerServices services) : IAdmissionPlugin
{
    private const string UserPrefix = "system:node:";
    private const string NodesGroup = "system:nodes";

    public string Name => "NodeRestriction";

    public async ValueTask ValidateAsync(AdmissionContext context, CancellationToken cancellationToken)
    {
        if (!context.User.Groups.Contains(NodesGroup))
        {
            return;
        }

        var node = context.User.Name.StartsWith(UserPrefix, StringComparison.Ordinal) ? context.User.Name[UserPrefix.Length..] : "";
        if (node.Length == 0)
        {
            throw Refusal.Forbid(context, $"could not determine node from user \"{context.User.Name}\"");
        }

        var problem = (context.Resource.Group, context.Resource.Plural, context.Subresource) switch
        {
            ("", "pods", _) => await PodAsync(context, node, cancellationToken).ConfigureAwait(false),
            ("", "nodes", _) => OfNode(context, node),
            ("", "serviceaccounts", "token") => await TokenAsync(context, node, cancellationToken).ConfigureAwait(false),
            ("coordination.k8s.io", "leases", _) => Lease(context, node),
            ("storage.k8s.io", "csinodes", _) when context.Name != node => "can only access CSINode with the same name as the requesting node",
            _ => null,
        };
        if (problem is not null)
        {
            throw Refusal.Forbid(context, problem);
        }
    }

    private async ValueTask<string?> PodAsync(AdmissionContext context, string node, CancellationToken cancellationToken)
    {
        switch (context.Subresource, context.Operation)
        {
            case ("", AdmissionOperation.Create) when context.Object is Pod pod:
                return NewPod(pod, node);
            case ("", AdmissionOperation.Delete):
                return await OnNodeAsync(context, node, cancellationToken).ConfigureAwait(false) ? null : $"node \"{node}\" can only delete pods with spec.nodeName set to itself";
            case ("", _):
                return $"unexpected operation \"{context.Operation.ToString().ToUpperInvariant()}\", node \"{node}\" can only create and delete mirror pods";
            case ("status", AdmissionOperation.Update) when context is { OldObject: Pod old, Object: Pod pod }:
                return old.Spec.NodeName != node ? $"node \"{node}\" can only update pod status for pods with spec.nodeName set to itself"
                    : !SameLabels(pod, old) ? $"node \"{node}\" cannot update labels through pod status" : null;
            case ("eviction", AdmissionOperation.Create):
                return await OnNodeAsync(context, node, cancellationToken).ConfigureAwait(false) ? null : $"node {node} can only evict pods with spec.nodeName set to itself";
            default:
                return $"unexpected pod subresource \"{context.Subresource}\", only 'status' and 'eviction' are allowed";
        }
    }

    private static string? NewPod(Pod pod, string node)
    {
        if (!MirrorPods.IsMirror(pod))
        {
            return $"pod does not have \"{MirrorPods.Annotation}\" annotation, node \"{node}\" can only create mirror pods";
        }

        if (pod.Spec.NodeName != node)
        {
            return $"node \"{node}\" can only create pods with spec.nodeName set to itself";
        }

        if (pod.Metadata.OwnerReferences.Count > 1)
        {
            return $"node \"{node}\" can only create pods with a single owner reference set to itself";
        }

        return pod.Metadata.OwnerReferences is not [{ ApiVersion: "v1", Kind: "Node" } owner] || owner.Name != node ? $"node \"{node}\" can only create pods with an owner reference set to itself"
            : pod.Spec.ServiceAccountName.Length > 0 ? $"node \"{node}\" can not create pods that reference a service account"
            : MirrorPods.ReferencesSecrets(pod.Spec) ? $"node \"{node}\" can not create pods that reference secrets"
            : MirrorPods.ReferencesConfigMaps(pod.Spec) ? $"node \"{node}\" can not create pods that reference configmaps"
            : pod.Spec.Volumes.Exists(v => v.PersistentVolumeClaim is not null) ? $"node \"{node}\" can not create pods that reference persistentvolumeclaims" : null;
    }

    private static string? OfNode(AdmissionContext context, string node)
    {
        if (context.Name.Length > 0 && context.Name != node && context.Operation is AdmissionOperation.Create or AdmissionOperation.Update)
        {
            return $"node \"{node}\" is not allowed to modify node \"{context.Name}\"";
        }

        switch (context)
        {
            case { Operation: AdmissionOperation.Create, Object: Node created }:
                var set = NodeLabels.Forbidden(created.Metadata.Labels, null);
                return set.Count == 0 ? null : $"node \"{node}\" is not allowed to set the following labels: {string.Join(", ", set)}";
            case { Operation: AdmissionOperation.Update, Object: Node updated, OldObject: Node old }:
                if (!ApiStruct.DeepEquals<Taint>(updated.Spec.Taints, old.Spec.Taints))
                {
                    return $"node \"{node}\" is not allowed to modify taints";
                }

                if (!ApiStruct.DeepEquals<Kobune.Api.Meta.V1.OwnerReference>(updated.Metadata.OwnerReferences, old.Metadata.OwnerReferences))
                {
                    return $"node \"{node}\" is not allowed to modify ownerReferences";
                }

                var changed = NodeLabels.Forbidden(updated.Metadata.Labels, old.Metadata.Labels);
                return changed.Count == 0 ? null : $"is not allowed to modify labels: {string.Join(", ", changed)}";
            default:
                return null;
        }
    }

    private async ValueTask<string?> TokenAsync(AdmissionContext context, string node, CancellationToken cancellationToken)
    {
        if (context.Operation != AdmissionOperation.Create || context.Object is not TokenRequest request)
        {
            return null;
        }

        if (request.Spec.BoundObjectRef is not { Kind: "Pod", ApiVersion: "v1" } bound || bound.Name.Length == 0)
        {
            return "node requested token not bound to a pod";
        }

        if (bound.Uid.Length == 0)
        {
            return "node requested token with a pod binding without a uid";
        }

        var pod = await services.Objects.FindAsync<Pod>(context.Namespace, bound.Name, cancellationToken).ConfigureAwait(false);
        return pod is null ? $"pod \"{bound.Name}\" not found"
            : pod.Metadata.Uid != bound.Uid ? $"the UID in the bound object reference ({bound.Uid}) does not match the UID in record ({pod.Metadata.Uid}). The object might have been deleted and then recreated"
            : pod.Spec.NodeName != node ? "node requested token bound to a pod scheduled on a different node" : null;
    }

    private static string? Lease(AdmissionContext context, string node) =>
        context.Namespace != "kube-node-lease" ? "can only access leases in the \"kube-node-lease\" system namespace"
        : context.Name != node && context.Operation is not AdmissionOperation.Connect ? "can only access node lease with the same name as the requesting node" : null;

    private async ValueTask<bool> OnNodeAsync(AdmissionContext context, string node, CancellationToken cancellationToken) =>
        (context.OldObject as Pod ?? await services.Objects.FindAsync<Pod>(context.Namespace, context.Name, cancellationToken).ConfigureAwait(false))?.Spec.NodeName == node;

    private static bool SameLabels(Pod a, Pod b) =>
        a.Metadata.Labels.Count == b.Metadata.Labels.Count && a.Metadata.Labels.All(l => b.Metadata.Labels.TryGetValue(l.Key, out var value) && value == l.Value);
}
