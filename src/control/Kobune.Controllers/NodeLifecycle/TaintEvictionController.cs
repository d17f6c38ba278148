using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.NodeLifecycle;

/// <summary>Deletes the Pods that do not tolerate their node's NoExecute taints, each when its toleration is over.</summary>
internal sealed class TaintEvictionController : Controller
{
    private readonly ILister<Pod> _pods;
    private readonly ILister<Node> _nodes;
    private readonly IIndex<Pod> _byNode;
    private readonly HashSet<ObjectKey> _marked = [];

    public TaintEvictionController(ControllerContext context) : base(context, "taint-eviction-controller", workers: 4, account: "node-controller")
    {
        Writes<Pod>();
        _nodes = Watches<Node>(OnNode);
        _pods = Watches<Pod>(OnPod);
        _byNode = _pods.IndexBy("node", static pod => pod.Spec.NodeName.Length > 0 ? [pod.Spec.NodeName] : []);
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_pods.Get(key) is not { } pod || pod.IsTerminating() || _nodes.Get("", pod.Spec.NodeName) is not { } node)
        {
            Unmark(key);
            return;
        }

        if (Tolerations.LeaveAt(pod, node.Spec.Taints, Now) is not { } leave)
        {
            if (Unmark(key))
            {
                Events.Normal(pod, "TaintManagerEviction", $"Cancelling deletion of Pod {key}");
            }

            return;
        }

        if (leave > Now)
        {
            Mark(key);
            Queue.AddAfter(key, leave - Now);
            return;
        }

        Unmark(key);
        Events.Normal(pod, "TaintManagerEviction", $"Marking for deletion Pod {key}");
        await PodDisruption.MarkAsync(Client, pod, "DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint", fail: false, Now, cancellationToken);
        try
        {
            await Client.DeleteAsync<Pod>(key.Namespace, key.Name, new DeleteOptions { Preconditions = new Preconditions { Uid = pod.Metadata.Uid } }, cancellationToken);
        }
        catch (KubeStatusException e) when (e.IsNotFound || e.IsConflict)
        {
            // gone, or another one by now
        }
    }

    private void OnNode(InformerEvent<Node> change)
    {
        if (change.Type == InformerEventType.Deleted || !(HasNoExecute(change.Object) || (change.Old is { } old && HasNoExecute(old))))
        {
            return;
        }

        if (change.Old is { } before && ApiStruct.DeepEquals(before.Spec.Taints, change.Object.Spec.Taints))
        {
            return;
        }

        foreach (var pod in _byNode.Get(change.Object.Metadata.Name))
        {
            Queue.Add(ObjectKey.Of(pod));
        }
    }

    private void OnPod(InformerEvent<Pod> change)
    {
        var bound = change.Object.Spec.NodeName.Length > 0 && (change.Type == InformerEventType.Added || change.Old?.Spec.NodeName.Length == 0);
        if (bound && _nodes.Get("", change.Object.Spec.NodeName) is { } node && HasNoExecute(node))
        {
            Queue.Add(change.Key);
        }
    }

    private static bool HasNoExecute(Node node) => node.Spec.Taints.Any(t => t.Effect == NodeTaints.NoExecute);

    private void Mark(ObjectKey key)
    {
        lock (_marked)
        {
            _marked.Add(key);
        }
    }

    private bool Unmark(ObjectKey key)
    {
        lock (_marked)
        {
            return _marked.Remove(key);
        }
    }
}
