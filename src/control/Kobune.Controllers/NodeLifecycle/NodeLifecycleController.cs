using Kobune.Api.Coordination.V1;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.NodeLifecycle;

/// <summary>
/// Notices when a node has fallen silent (neither its Lease nor its status was renewed for the grace period, by our own clock):
/// its conditions become Unknown and its Pods not ready. Keeps the taints that follow from a node's conditions.
/// There is no polling: one timer per node, set again by every sign of life.
/// </summary>
internal sealed class NodeLifecycleController : Controller
{
    private const string LeaseNamespace = "kube-node-lease";
    private static readonly string[] Kept = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

    private readonly NodeLifecycleOptions _options;
    private readonly ILister<Node> _nodes;
    private readonly IIndex<Pod> _podsByNode;
    private readonly KeyedTimers<string> _silence;
    private readonly HashSet<string> _silent = [];
    private readonly ZoneEvictions _evictions = new();

    public NodeLifecycleController(ControllerContext context, NodeLifecycleOptions options) : base(context, "node-controller", workers: 1)
    {
        _options = options;
        Writes<Node>();
        Writes<Pod>();
        _silence = new KeyedTimers<string>(context.Time, FellSilent);
        _podsByNode = Watches<Pod>().IndexBy("node", static pod => pod.Spec.NodeName.Length > 0 ? [pod.Spec.NodeName] : []);
        _nodes = Watches<Node>(OnNode);
        Watches<Lease>(OnLease);
    }

    public override bool IsIdle => Queue.IsIdle;

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_nodes.Get(key) is not { } node)
        {
            return;
        }

        bool silent;
        lock (_silent)
        {
            silent = _silent.Contains(key.Name);
        }

        if (silent)
        {
            node = await MarkUnknownAsync(node, cancellationToken);
        }

        if (NodeTaints.Update(node, MayEvict(key, node), Now) is { } taints)
        {
            var changed = node.Clone();
            changed.Spec.Taints = taints;
            node = await Client.UpdateAsync(changed, cancellationToken: cancellationToken);
        }

        if (node.Condition("Ready") is { Status: not "True" })
        {
            await MarkPodsNotReadyAsync(key.Name, cancellationToken);
        }
    }

    private bool MayEvict(ObjectKey key, Node node)
    {
        if (!NodeTaints.IsLost(node))
        {
            return true;
        }

        // The cache may show the node as it was before we marked it. When all are lost, taints that were set before go too.
        List<Node> nodes = [.. _nodes.List().Select(n => n.Name == node.Name ? node : n)];
        var wait = NodeTaints.AwaitsEviction(node) || nodes.TrueForAll(n => n.Condition("Ready") is not { Status: "True" }) ? _evictions.Wait(node, nodes, Now) : TimeSpan.Zero;
        if (wait is { Ticks: > 0 } later)
        {
            Queue.AddAfter(key, later);
        }

        return wait == TimeSpan.Zero;
    }

    private async Task<Node> MarkUnknownAsync(Node node, CancellationToken cancellationToken)
    {
        var changed = node.Clone();
        var before = node.Condition("Ready")?.Status;
        foreach (var type in Kept)
        {
            var condition = changed.Condition(type);
            if (condition?.Status == "Unknown")
            {
                continue;
            }

            var never = condition is null;
            if (condition is null)
            {
                changed.Status.Conditions.Add(condition = new NodeCondition { Type = type, LastHeartbeatTime = node.Metadata.CreationTimestamp });
            }

            condition.Status = "Unknown";
            condition.Reason = never ? "NodeStatusNeverUpdated" : "NodeStatusUnknown";
            condition.Message = never ? "Kubelet never posted node status." : "Kubelet stopped posting node status.";
            condition.LastTransitionTime = Now;
        }

        if (before == "Unknown")
        {
            return node;
        }

        if (before == "True")
        {
            Events.Normal(node, "NodeNotReady", $"Node {node.Metadata.Name} status is now: NodeNotReady");
        }

        return await Client.UpdateStatusAsync(changed, cancellationToken: cancellationToken);
    }

    private async Task MarkPodsNotReadyAsync(string node, CancellationToken cancellationToken)
    {
        foreach (var pod in _podsByNode.Get(node).Where(p => p.IsReady()))
        {
            var changed = pod.Clone();
            var ready = changed.Condition("Ready")!;
            ready.Status = "False";
            ready.LastTransitionTime = Now;
            try
            {
                await Client.UpdateStatusAsync(changed, cancellationToken: cancellationToken);
                Events.Warning(pod, "NodeNotReady", "Node is not ready");
            }
            catch (Exception e) when (e.IsNotFound())
            {
                // gone already
            }
        }
    }

    private void OnNode(InformerEvent<Node> change)
    {
        var name = change.Object.Metadata.Name;
        if (change.Type == InformerEventType.Deleted)
        {
            _silence.Cancel(name);
            SetSilent(name, false);
            return;
        }

        if (change.Type == InformerEventType.Added)
        {
            _silence.Set(name, change.Object.Condition("Ready") is null ? _options.StartupGracePeriod : _options.MonitorGracePeriod);
        }
        else if (Heartbeat(change.Object) != Heartbeat(change.Old!))
        {
            Lives(name);
        }

        Queue.Add(change.Key);
        if (change.Old?.Condition("Ready")?.Status != change.Object.Condition("Ready")?.Status)
        {
            // Whether the others' Pods may go depends on how many nodes are lost.
            foreach (var other in _nodes.List().Where(NodeTaints.IsLost))
            {
                Queue.Add(ObjectKey.Of(other));
            }
        }
    }

    private void OnLease(InformerEvent<Lease> change)
    {
        if (change.Type == InformerEventType.Updated && change.Object.Metadata.Namespace == LeaseNamespace && change.Object.Spec.RenewTime != change.Old!.Spec.RenewTime)
        {
            Lives(change.Object.Metadata.Name);
        }
    }

    private static DateTimeOffset? Heartbeat(Node node) => node.Condition("Ready")?.LastHeartbeatTime;

    private void Lives(string node)
    {
        if (_nodes.Get("", node) is not null)
        {
            SetSilent(node, false);
            _silence.Set(node, _options.MonitorGracePeriod);
        }
    }

    private void FellSilent(string node)
    {
        SetSilent(node, true);
        Queue.Add(new ObjectKey("", node));
    }

    private void SetSilent(string node, bool silent)
    {
        lock (_silent)
        {
            _ = silent ? _silent.Add(node) : _silent.Remove(node);
        }
    }
}
