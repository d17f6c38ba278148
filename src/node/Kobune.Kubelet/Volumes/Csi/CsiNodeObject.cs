using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Api.Storage.V1;
using Kobune.Client;
using Kobune.Cri.Csi;

namespace Kobune.Kubelet.Volumes.Csi;

/// <summary>The CSINode object of this node: which drivers it has and how they call it; their topology becomes labels of the Node.</summary>
internal sealed class CsiNodeObject(IKubeClient client, string nodeName)
{
    private const int Attempts = 5;

    public async Task AddAsync(string driver, NodeGetInfoResponse info, CancellationToken cancellation)
    {
        var segments = info.AccessibleTopology?.Segments;
        if (segments is { Count: > 0 })
        {
            var labels = string.Join(',', segments.Select(s => System.Text.Json.JsonSerializer.Serialize(s.Key) + ":" + System.Text.Json.JsonSerializer.Serialize(s.Value)));
            await client.PatchAsync<Node>(null, nodeName, PatchKind.Merge, "{\"metadata\":{\"labels\":{" + labels + "}}}", cancellationToken: cancellation);
        }

        var entry = new CSINodeDriver { Name = driver, NodeID = info.NodeId, TopologyKeys = [.. (segments?.Keys ?? []).Order(StringComparer.Ordinal)] };
        if (info.MaxVolumesPerNode > 0)
        {
            entry.Allocatable = new VolumeNodeResources { Count = (int)Math.Min(info.MaxVolumesPerNode, int.MaxValue) };
        }

        await ChangeAsync(drivers =>
        {
            drivers.RemoveAll(d => d.Name == driver);
            drivers.Add(entry);
        }, cancellation);
    }

    public Task RemoveAsync(string driver, CancellationToken cancellation) => ChangeAsync(drivers => drivers.RemoveAll(d => d.Name == driver), cancellation);

    private async Task ChangeAsync(Action<List<CSINodeDriver>> change, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var current = await client.FindAsync<CSINode>(null, nodeName, cancellation);
                var next = current?.Clone() ?? await NewAsync(cancellation);
                change(next.Spec.Drivers);
                if (current is null)
                {
                    await client.CreateAsync(next, cancellationToken: cancellation);
                }
                else if (!ApiStruct.DeepEquals(current, next))
                {
                    await client.UpdateAsync(next, cancellationToken: cancellation);
                }

                return;
            }
            catch (KubeStatusException e) when (e.Status.Code == 409 && attempt < Attempts)
            {
                // written by another meanwhile
            }
        }
    }

    private async Task<CSINode> NewAsync(CancellationToken cancellation)
    {
        var owner = await client.GetAsync<Node>(null, nodeName, cancellation);
        var made = new CSINode();
        made.Metadata.Name = nodeName;
        made.Metadata.OwnerReferences.Add(new OwnerReference { ApiVersion = "v1", Kind = "Node", Name = nodeName, Uid = owner.Metadata.Uid });
        return made;
    }
}
