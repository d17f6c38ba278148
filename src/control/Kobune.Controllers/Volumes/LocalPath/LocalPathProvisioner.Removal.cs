using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.Volumes.LocalPath;

/// <content>The end of a volume: the kubelet deletes the directory, then the object may go.</content>
internal sealed partial class LocalPathProvisioner
{
    private async Task RemoveAsync(PersistentVolume volume, CancellationToken cancellationToken)
    {
        if (!IsOurs(volume))
        {
            return;
        }

        if (volume.Metadata.DeletionTimestamp is null)
        {
            if (volume is { Status.Phase: "Released", Spec.PersistentVolumeReclaimPolicy: "Delete" })
            {
                await Client.DeleteAsync<PersistentVolume>(null, volume.Name, cancellationToken: cancellationToken);
            }

            return;
        }

        // Bound to the last: the protection goes first. And what is to be retained is not ours to delete.
        if (!volume.Metadata.Finalizers.Contains(LocalPathNames.Finalizer) || volume.Metadata.Finalizers.Contains(KubeConstants.PvProtectionFinalizer))
        {
            return;
        }

        if (volume.Spec.PersistentVolumeReclaimPolicy == "Delete" && NodeOf(volume) is { } node)
        {
            var state = node.Metadata.Annotations.GetValueOrDefault(LocalPathNames.RequestPrefix + volume.Name);
            if (state != LocalPathNames.Removed)
            {
                if (state is null)
                {
                    await AnnotateAsync(node, volume.Name, $"\"{LocalPathNames.Remove}\"", cancellationToken);
                }

                return;
            }

            await AnnotateAsync(node, volume.Name, "null", cancellationToken);
        }

        var changed = volume.Clone();
        changed.Metadata.Finalizers.Remove(LocalPathNames.Finalizer);
        try
        {
            await Client.UpdateAsync(changed, cancellationToken: cancellationToken);
        }
        catch (Exception e) when (e.IsNotFound())
        {
            // gone already
        }
    }

    private Node? NodeOf(PersistentVolume volume) =>
        volume.Spec.NodeAffinity?.Required is { } required ? _nodes.List().FirstOrDefault(n => NodeSelectors.Matches(required, n)) : null;

    private async Task AnnotateAsync(Node node, string volume, string value, CancellationToken cancellationToken)
    {
        var body = $$$"""{"metadata":{"annotations":{"{{{LocalPathNames.RequestPrefix}}}{{{volume}}}": {{{value}}} } } }""";
        await Client.PatchAsync<Node>(null, node.Name, PatchKind.Merge, body, cancellationToken: cancellationToken);
    }

    // A node's answer, or its end, concerns the volumes that wait for it.
    private void OnNode(InformerEvent<Node> change)
    {
        if (change.Type == InformerEventType.Deleted)
        {
            foreach (var volume in _volumes.List().Where(v => IsOurs(v) && v.Metadata.DeletionTimestamp is not null))
            {
                Queue.Add(ObjectKey.Of(volume));
            }

            return;
        }

        foreach (var (key, value) in change.Object.Metadata.Annotations)
        {
            if (value == LocalPathNames.Removed && key.StartsWith(LocalPathNames.RequestPrefix, StringComparison.Ordinal))
            {
                Queue.Add(new ObjectKey("", key[LocalPathNames.RequestPrefix.Length..]));
            }
        }

        if (change.Type == InformerEventType.Added)
        {
            foreach (var claim in _claims?.List() ?? [])
            {
                Queue.Add(ObjectKey.Of(claim));
            }
        }
    }
}
