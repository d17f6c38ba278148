using System.Security.Cryptography;
using System.Text;
using Kobune.Api.Core.V1;
using Kobune.Api.Storage.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.Volumes.Attach;

/// <summary>
/// Asks the drivers of CSI volumes to attach them to the nodes whose Pods use them, and to detach them afterwards, through
/// VolumeAttachment objects, and reports on the Node what is attached. Reconciles one node at a time, under the node's name.
/// </summary>
internal sealed class AttachDetachController : Controller
{
    private readonly ILister<PersistentVolumeClaim> _claims;
    private readonly ILister<PersistentVolume> _volumes;
    private readonly ILister<CSIDriver> _drivers;
    private readonly ILister<Node> _nodes;
    private readonly IIndex<Pod> _podsByNode;
    private readonly IIndex<Pod> _podsByClaim;
    private readonly IIndex<VolumeAttachment> _byNode;
    private readonly IIndex<VolumeAttachment> _byVolume;

    public AttachDetachController(ControllerContext context) : base(context, "attachdetach-controller", workers: 1)
    {
        Writes<VolumeAttachment>();
        Writes<Node>();
        _drivers = Watches<CSIDriver>();
        _nodes = Watches<Node>(OnNode);
        _volumes = Watches<PersistentVolume>(OnVolume);
        _claims = Watches<PersistentVolumeClaim>(OnClaim);
        var attachments = Watches<VolumeAttachment>(OnAttachment);
        _byNode = attachments.IndexBy("node", static a => [a.Spec.NodeName]);
        _byVolume = attachments.IndexBy("volume", static a => a.Spec.Source.PersistentVolumeName is { } name ? [name] : []);
        var pods = Watches<Pod>(OnPod);
        _podsByNode = pods.IndexBy("node", static pod => pod.Spec.NodeName.Length > 0 ? [pod.Spec.NodeName] : []);
        _podsByClaim = PodClaims.Index(pods);
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        var node = _nodes.Get(key);
        var wanted = node is null ? [] : Wanted(key.Name);
        var present = _byNode.Get(key.Name).ToDictionary(a => a.Name);
        foreach (var (name, (volume, pods)) in wanted)
        {
            if (!present.ContainsKey(name))
            {
                await AttachAsync(name, volume, pods, key.Name, cancellationToken);
            }
        }

        foreach (var attachment in present.Values)
        {
            if (!wanted.ContainsKey(attachment.Name) && attachment.Metadata.DeletionTimestamp is null && _volumes.Get("", attachment.Spec.Source.PersistentVolumeName ?? "") is { } volume
                && !IsInUse(node, volume))
            {
                await DetachAsync(attachment, cancellationToken);
            }
        }

        if (node is not null)
        {
            await ReportAsync(node, present.Values, cancellationToken);
        }
    }

    /// <summary>The attachments that the Pods of a node need, by name; with the Pods, for events about them.</summary>
    private Dictionary<string, (PersistentVolume Volume, List<Pod> Pods)> Wanted(string node)
    {
        var result = new Dictionary<string, (PersistentVolume Volume, List<Pod> Pods)>(StringComparer.Ordinal);
        // A Pod that has ended, and one that is being deleted, keeps its volumes until the kubelet has taken them down.
        foreach (var pod in _podsByNode.Get(node).Where(p => !p.IsTerminal() || p.Status.ContainerStatuses.Exists(s => s.State.Running is not null)))
        {
            foreach (var key in PodClaims.KeysOf(pod))
            {
                if (_claims.Get(key) is { Status.Phase: "Bound" } claim && _volumes.Get("", claim.Spec.VolumeName) is { Spec.Csi: { } csi } volume
                    && volume.Spec.ClaimRef?.Uid == claim.Metadata.Uid && _drivers.Get("", csi.Driver)?.Spec.AttachRequired != false)
                {
                    var name = NameOf(csi, node);
                    if (!result.TryGetValue(name, out var entry))
                    {
                        result[name] = entry = (volume, []);
                    }

                    entry.Pods.Add(pod);
                }
            }
        }

        return result;
    }

    private async Task AttachAsync(string name, PersistentVolume volume, List<Pod> pods, string node, CancellationToken cancellationToken)
    {
        var single = !volume.Spec.AccessModes.Exists(m => m is "ReadWriteMany" or "ReadOnlyMany");
        if (single && _byVolume.Get(volume.Name).FirstOrDefault(a => a.Spec.NodeName != node) is not null)
        {
            foreach (var pod in pods)
            {
                Events.Warning(pod, "FailedAttachVolume", $"Multi-Attach error for volume \"{volume.Name}\" Volume is already exclusively attached to one node and can't be attached to another");
            }

            return;
        }

        var attachment = new VolumeAttachment();
        attachment.Metadata.Name = name;
        attachment.Spec.Attacher = volume.Spec.Csi!.Driver;
        attachment.Spec.NodeName = node;
        attachment.Spec.Source.PersistentVolumeName = volume.Name;
        try
        {
            await Client.CreateAsync(attachment, cancellationToken: cancellationToken);
        }
        catch (Exception e) when (e.IsAlreadyExists())
        {
            // the cache has not seen it yet
        }
    }

    private async Task DetachAsync(VolumeAttachment attachment, CancellationToken cancellationToken)
    {
        try
        {
            await Client.DeleteAsync<VolumeAttachment>(null, attachment.Name, cancellationToken: cancellationToken);
        }
        catch (Exception e) when (e.IsNotFound())
        {
            // gone already
        }
    }

    private async Task ReportAsync(Node node, IEnumerable<VolumeAttachment> attachments, CancellationToken cancellationToken)
    {
        var attached = attachments.Where(a => a.Status.Attached && a.Metadata.DeletionTimestamp is null)
            .Select(a => (a.Name, Volume: _volumes.Get("", a.Spec.Source.PersistentVolumeName ?? "")?.Spec.Csi)).Where(a => a.Volume is not null)
            .Select(a => new AttachedVolume { Name = UniqueName(a.Volume!), DevicePath = "" }).OrderBy(a => a.Name, StringComparer.Ordinal).ToList();
        if (attached.Select(a => a.Name).SequenceEqual(node.Status.VolumesAttached.Select(a => a.Name)))
        {
            return;
        }

        var items = string.Join(',', attached.Select(a => System.Text.Json.JsonSerializer.Serialize(a.Name)).Select(n => "{\"name\":" + n + ",\"devicePath\":\"\"}"));
        await Client.PatchAsync<Node>(
            null, node.Name, PatchKind.Merge, "{\"status\":{\"volumesAttached\":[" + items + "]}}", new WriteOptions { Subresource = "status" }, cancellationToken);
    }

    private static bool IsInUse(Node? node, PersistentVolume volume) =>
        volume.Spec.Csi is { } csi && node?.Status.VolumesInUse.Contains(UniqueName(csi)) == true;

    private static string UniqueName(CSIPersistentVolumeSource csi) => $"kubernetes.io/csi/{csi.Driver}^{csi.VolumeHandle}";

    private static string NameOf(CSIPersistentVolumeSource csi, string node) =>
        "csi-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(csi.VolumeHandle + csi.Driver + node)));

    private void OnAttachment(InformerEvent<VolumeAttachment> change)
    {
        var attachment = change.Object;
        QueueNode(attachment.Spec.NodeName);
        var volume = attachment.Spec.Source.PersistentVolumeName ?? "";
        if (change.Type == InformerEventType.Deleted)
        {
            // Whoever waited for the volume on another node may have it now.
            QueueUsersOf(_volumes?.Get("", volume));
        }
        else if (change.Old is { } old)
        {
            Announce(attachment, old, volume);
        }
    }

    private void Announce(VolumeAttachment attachment, VolumeAttachment old, string volume)
    {
        var error = attachment.Status.AttachError?.Message;
        var (type, reason, message) = attachment.Status.Attached && !old.Status.Attached
            ? ("Normal", "SuccessfulAttachVolume", $"AttachVolume.Attach succeeded for volume \"{volume}\" ")
            : error is not null && error != old.Status.AttachError?.Message
                ? ("Warning", "FailedAttachVolume", $"AttachVolume.Attach failed for volume \"{volume}\" : {error}") : default;
        if (reason is null || _volumes.Get("", volume)?.Spec.ClaimRef is not { } claim)
        {
            return;
        }

        foreach (var pod in _podsByClaim.Get($"{claim.Namespace}/{claim.Name}").Where(p => p.Spec.NodeName == attachment.Spec.NodeName))
        {
            Events.Record(References.To(pod), type, reason, message);
        }
    }

    private void OnPod(InformerEvent<Pod> change)
    {
        if (change.Object.Spec.NodeName.Length > 0 && PodClaims.NamesOf(change.Object).Any())
        {
            QueueNode(change.Object.Spec.NodeName);
        }
    }

    private void OnClaim(InformerEvent<PersistentVolumeClaim> change)
    {
        if (change.Object.Status.Phase == "Bound")
        {
            QueueUsers(change.Key.ToString());
        }
    }

    private void OnVolume(InformerEvent<PersistentVolume> change) => QueueUsersOf(change.Object);

    private void OnNode(InformerEvent<Node> change)
    {
        if (change.Type != InformerEventType.Updated || !change.Object.Status.VolumesInUse.SequenceEqual(change.Old!.Status.VolumesInUse))
        {
            QueueNode(change.Object.Name);
        }
    }

    private void QueueUsersOf(PersistentVolume? volume)
    {
        if (volume?.Spec is { Csi: not null, ClaimRef: { } claim })
        {
            QueueUsers($"{claim.Namespace}/{claim.Name}");
        }
    }

    private void QueueUsers(string claim)
    {
        foreach (var pod in _podsByClaim?.Get(claim) ?? [])
        {
            QueueNode(pod.Spec.NodeName);
        }
    }

    private void QueueNode(string node)
    {
        if (node.Length > 0)
        {
            Queue.Add(new ObjectKey("", node));
        }
    }
}
