using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Storage.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.Volumes.LocalPath;

/// <summary>
/// The built-in storage: a volume is a directory on the node of the first Pod that wants it, made by the kubelet when it is
/// mounted and deleted by it on request (see <see cref="LocalPathNames"/>). The size is a promise, not a limit, so growing is
/// only writing it down.
/// </summary>
internal sealed partial class LocalPathProvisioner : Controller
{
    private readonly ILister<PersistentVolumeClaim> _claims;
    private readonly ILister<PersistentVolume> _volumes;
    private readonly ILister<StorageClass> _classes;
    private readonly ILister<Node> _nodes;

    public LocalPathProvisioner(ControllerContext context) : base(context, LocalPathNames.Provisioner, workers: 2, account: "local-path-provisioner")
    {
        Writes<PersistentVolume>();
        Writes<PersistentVolumeClaim>();
        Writes<Node>();
        _classes = Watches<StorageClass>();
        _nodes = Watches<Node>(OnNode);
        _claims = Watches<PersistentVolumeClaim>(OnClaim);
        _volumes = Watches<PersistentVolume>(OnVolume);
    }

    protected override Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken) =>
        key.Namespace.Length == 0
            ? _volumes.Get(key) is { } volume ? RemoveAsync(volume, cancellationToken) : Task.CompletedTask
            : _claims.Get(key) is { } claim ? ServeAsync(claim, cancellationToken) : Task.CompletedTask;

    private static bool IsOurs(PersistentVolume volume) => volume.Metadata.Annotations.GetValueOrDefault(StorageNames.ProvisionedBy) == LocalPathNames.Provisioner;

    private Task ServeAsync(PersistentVolumeClaim claim, CancellationToken cancellationToken) =>
        claim.Spec.VolumeName.Length > 0 ? GrowAsync(claim, cancellationToken)
        : claim.Metadata.DeletionTimestamp is null && claim.Metadata.Annotations.GetValueOrDefault(StorageNames.Provisioner) == LocalPathNames.Provisioner
            && VolumeMatching.ClassNameOf(claim) is { } name && _classes.Get("", name) is { Provisioner: LocalPathNames.Provisioner } storage ? ProvisionAsync(claim, storage, cancellationToken)
        : Task.CompletedTask;

    private async Task ProvisionAsync(PersistentVolumeClaim claim, StorageClass storage, CancellationToken cancellationToken)
    {
        var name = "pvc-" + claim.Metadata.Uid;
        if (_volumes.Get("", name) is not null || Choose(claim, storage) is not { } node)
        {
            return;
        }

        Events.Normal(claim, "Provisioning", $"External provisioner is provisioning volume for claim \"{claim.Key}\"");
        if (Refusal(claim) is { } problem)
        {
            Events.Warning(claim, "ProvisioningFailed", $"failed to provision volume with StorageClass \"{storage.Name}\": {problem}");
            return;
        }

        try
        {
            await Client.CreateAsync(Make(name, claim, storage, node), cancellationToken: cancellationToken);
        }
        catch (Exception e) when (e.IsAlreadyExists())
        {
            return;
        }

        Events.Normal(claim, "ProvisioningSucceeded", $"Successfully provisioned volume {name}");
    }

    // A class that does not wait for a Pod gets any node that is ready; the Pod will follow its volume.
    private Node? Choose(PersistentVolumeClaim claim, StorageClass storage)
    {
        if (claim.Metadata.Annotations.GetValueOrDefault(StorageNames.SelectedNode) is { } selected)
        {
            return _nodes.Get("", selected);
        }

        return storage.VolumeBindingMode == "WaitForFirstConsumer" ? null
            : _nodes.List().Where(n => !n.Spec.Unschedulable && n.Status.Conditions.Exists(c => c is { Type: "Ready", Status: "True" })).MinBy(n => n.Name, StringComparer.Ordinal);
    }

    private static string? Refusal(PersistentVolumeClaim claim) =>
        claim.Spec.Selector is not null ? "claim.Spec.Selector is not supported"
        : claim.Spec.VolumeMode == "Block" ? $"{LocalPathNames.Provisioner} does not support block volume provisioning"
        : claim.Spec.DataSourceRef is not null ? $"{LocalPathNames.Provisioner} does not support volumes with a data source"
        : null;

    private static PersistentVolume Make(string name, PersistentVolumeClaim claim, StorageClass storage, Node node)
    {
        var volume = new PersistentVolume();
        volume.Metadata.Name = name;
        volume.Metadata.Annotations[StorageNames.ProvisionedBy] = LocalPathNames.Provisioner;
        volume.Metadata.Finalizers.Add(LocalPathNames.Finalizer);
        var spec = volume.Spec;
        spec.Capacity["storage"] = VolumeMatching.SizeOf(claim);
        spec.AccessModes = [.. claim.Spec.AccessModes];
        spec.PersistentVolumeReclaimPolicy = storage.ReclaimPolicy ?? "Delete";
        spec.StorageClassName = storage.Name;
        spec.VolumeMode = "Filesystem";
        spec.ClaimRef = References.To(claim);
        var root = node.Metadata.Annotations.GetValueOrDefault(LocalPathNames.DirectoryAnnotation, LocalPathNames.UsualDirectory);
        spec.Local = new LocalVolumeSource { Path = $"{root.TrimEnd('/')}/{name}" };
        var host = new NodeSelectorRequirement { Key = KubeConstants.HostnameLabel, Operator = "In", Values = [node.Metadata.Labels.GetValueOrDefault(KubeConstants.HostnameLabel, node.Name)] };
        spec.NodeAffinity = new VolumeNodeAffinity { Required = new NodeSelector { NodeSelectorTerms = [new NodeSelectorTerm { MatchExpressions = [host] }] } };
        return volume;
    }

    private async Task GrowAsync(PersistentVolumeClaim claim, CancellationToken cancellationToken)
    {
        var wanted = VolumeMatching.SizeOf(claim);
        if (claim.Status.Phase != "Bound" || wanted <= claim.Status.Capacity.GetValueOrDefault("storage")
            || _volumes.Get("", claim.Spec.VolumeName) is not { } volume || !IsOurs(volume))
        {
            return;
        }

        Events.Normal(claim, "Resizing", $"External resizer is resizing volume {volume.Name}");
        if (VolumeMatching.SizeOf(volume) < wanted)
        {
            var larger = volume.Clone();
            larger.Spec.Capacity["storage"] = wanted;
            await Client.UpdateAsync(larger, cancellationToken: cancellationToken);
        }

        var grown = claim.Clone();
        grown.Status.Capacity["storage"] = wanted;
        grown.Status.AllocatedResources["storage"] = wanted;
        await Client.UpdateStatusAsync(grown, cancellationToken: cancellationToken);
        Events.Normal(claim, "VolumeResizeSuccessful", "Resize volume succeeded");
    }

    private void OnClaim(InformerEvent<PersistentVolumeClaim> change)
    {
        if (change.Type != InformerEventType.Deleted)
        {
            Queue.Add(change.Key);
        }
    }

    private void OnVolume(InformerEvent<PersistentVolume> change)
    {
        if (change.Type != InformerEventType.Deleted && IsOurs(change.Object))
        {
            Queue.Add(change.Key);
        }
    }
}
