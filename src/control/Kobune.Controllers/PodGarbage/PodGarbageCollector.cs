using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Client;
using Kobune.Controllers.NodeLifecycle;
using Kobune.Runtime;

namespace Kobune.Controllers.PodGarbage;

/// <summary>
/// Deletes Pods that nobody else will: those bound to a node that no longer exists, those being deleted that never got a
/// node, and the oldest ended ones beyond a threshold.
/// </summary>
internal sealed class PodGarbageCollector : Controller
{
    // A node may be deleted and registered anew; its Pods get this long.
    private static readonly TimeSpan Quarantine = TimeSpan.FromSeconds(40);
    private static readonly ObjectKey TooMany = new("", "terminated");

    private readonly int _threshold;
    private readonly ILister<Pod> _pods;
    private readonly ILister<Node> _nodes;
    private readonly IIndex<Pod> _byNode;
    private readonly IIndex<Pod> _ended;

    public PodGarbageCollector(ControllerContext context, int terminatedPodThreshold) : base(context, "pod-garbage-collector", workers: 1)
    {
        _threshold = terminatedPodThreshold;
        Writes<Pod>();
        _nodes = Watches<Node>(OnNode);
        _pods = Watches<Pod>(OnPod);
        _byNode = _pods.IndexBy("node", static pod => pod.Spec.NodeName.Length > 0 ? [pod.Spec.NodeName] : []);
        _ended = _pods.IndexBy("ended", static pod => pod.IsTerminal() ? ["yes"] : []);
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (key == TooMany)
        {
            await DeleteEndedAsync(cancellationToken);
        }
        else if (_pods.Get(key) is { } pod)
        {
            await LookAtAsync(pod, cancellationToken);
        }
    }

    private async Task LookAtAsync(Pod pod, CancellationToken cancellationToken)
    {
        if (pod.Spec.NodeName.Length == 0)
        {
            if (pod.IsTerminating())
            {
                await DeleteAsync(pod, cancellationToken);
            }

            return;
        }

        if (_nodes.Get("", pod.Spec.NodeName) is null && await Client.FindAsync<Node>(null, pod.Spec.NodeName, cancellationToken) is null)
        {
            await PodDisruption.MarkAsync(Client, pod, "DeletionByPodGC", "PodGC: node no longer exists", fail: !pod.IsTerminal(), Now, cancellationToken);
            await DeleteAsync(pod, cancellationToken);
        }
    }

    private async Task DeleteEndedAsync(CancellationToken cancellationToken)
    {
        var ended = _ended.Get("yes");
        if (_threshold <= 0 || ended.Count <= _threshold)
        {
            return;
        }

        foreach (var pod in ended.OrderBy(p => p.Metadata.CreationTimestamp).Take(ended.Count - _threshold))
        {
            await DeleteAsync(pod, cancellationToken);
        }
    }

    private async Task DeleteAsync(Pod pod, CancellationToken cancellationToken)
    {
        try
        {
            var options = new DeleteOptions { GracePeriodSeconds = 0, Preconditions = new Preconditions { Uid = pod.Metadata.Uid } };
            await Client.DeleteAsync<Pod>(pod.Metadata.Namespace, pod.Metadata.Name, options, cancellationToken);
        }
        catch (Exception e) when (e.IsNotFound() || e.IsConflict())
        {
            // gone, or another one by now
        }
    }

    private void OnNode(InformerEvent<Node> change)
    {
        if (change.Type == InformerEventType.Deleted)
        {
            foreach (var pod in _byNode.Get(change.Object.Metadata.Name))
            {
                Queue.AddAfter(ObjectKey.Of(pod), Quarantine);
            }
        }
    }

    private void OnPod(InformerEvent<Pod> change)
    {
        var pod = change.Object;
        if (change.Type == InformerEventType.Deleted)
        {
            return;
        }

        if (pod.IsTerminal() && change.Old?.IsTerminal() != true && _threshold > 0)
        {
            Queue.Add(TooMany);
        }

        if (pod.Spec.NodeName.Length == 0 ? pod.IsTerminating() : change.Type == InformerEventType.Added && _nodes.Get("", pod.Spec.NodeName) is null)
        {
            Queue.AddAfter(change.Key, Quarantine);
        }
    }
}
