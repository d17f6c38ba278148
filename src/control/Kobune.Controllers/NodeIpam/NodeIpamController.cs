using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.NodeIpam;

/// <summary>Gives every node its part of the cluster's Pod range.</summary>
internal sealed class NodeIpamController : Controller
{
    private readonly ILister<Node> _nodes;
    private readonly CidrAllocator _allocator;

    // What was given to a node and may not be in the cache yet: it is not given a second range meanwhile. By uid; one worker.
    private readonly Dictionary<string, string> _given = [];

    public NodeIpamController(ControllerContext context, string clusterCidr, int nodePrefix) : base(context, "node-ipam-controller", workers: 1, account: "node-controller")
    {
        _allocator = new CidrAllocator(clusterCidr, nodePrefix);
        Writes<Node>();
        _nodes = Watches<Node>(OnNode);
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_nodes.Get(key) is not { } node || node.Spec.PodCIDR.Length > 0)
        {
            return;
        }

        if ((_given.GetValueOrDefault(node.Metadata.Uid) ?? _allocator.Allocate()) is not { } cidr)
        {
            Events.Normal(node, "CIDRNotAvailable", $"Node {node.Metadata.Name} status is now: CIDRNotAvailable");
            throw new InvalidOperationException("CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range");
        }

        _given[node.Metadata.Uid] = cidr;
        try
        {
            var body = $$$"""{"spec":{"podCIDR":"{{{cidr}}}","podCIDRs":["{{{cidr}}}"]}}""";
            await Client.PatchAsync<Node>(null, key.Name, PatchKind.StrategicMerge, body, cancellationToken: cancellationToken);
        }
        catch (Exception e) when (e.IsNotFound())
        {
            _given.Remove(node.Metadata.Uid);
            _allocator.Release(cidr);
        }
    }

    private void OnNode(InformerEvent<Node> change)
    {
        var node = change.Object;
        if (change.Type == InformerEventType.Deleted)
        {
            _allocator.Release(node.Spec.PodCIDR);
        }
        else if (node.Spec.PodCIDR.Length > 0)
        {
            _allocator.Occupy(node.Spec.PodCIDR);
        }
        else
        {
            Queue.Add(change.Key);
        }
    }
}
