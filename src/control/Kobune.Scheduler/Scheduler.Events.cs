using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Runtime;
using Kobune.Scheduler.Cache;
using Kobune.Scheduler.Framework;

namespace Kobune.Scheduler;

// What the scheduler hears: it keeps its cache current and wakes the Pods that a change may help.
public sealed partial class Scheduler
{
    private void OnNode(InformerEvent<Node> change)
    {
        var name = change.Object.Metadata.Name;
        lock (_gate)
        {
            if (change.Type == InformerEventType.Deleted)
            {
                _cache.RemoveNode(name);
                return;
            }

            _cache.PutNode(change.Object);
        }

        _queue.Happened(change.Old is null ? ClusterEvents.NodeAdded : Difference(change.Old, change.Object));
    }

    // A heartbeat changes nothing that matters here.
    private static ClusterEvents Difference(Node old, Node now)
    {
        var events = ClusterEvents.None;
        if (!old.Status.Allocatable.OrderBy(a => a.Key).SequenceEqual(now.Status.Allocatable.OrderBy(a => a.Key)))
        {
            events |= ClusterEvents.NodeAllocatable;
        }

        if (!SameLabels(old, now))
        {
            events |= ClusterEvents.NodeLabels;
        }

        if (!ApiStruct.DeepEquals(old.Spec.Taints, now.Spec.Taints))
        {
            events |= ClusterEvents.NodeTaints;
        }

        return old.Spec.Unschedulable && !now.Spec.Unschedulable ? events | ClusterEvents.NodeUnschedulable : events;
    }

    private void OnPod(InformerEvent<Pod> change)
    {
        var pod = change.Object;
        if (change.Type == InformerEventType.Deleted || pod.Status.Phase is "Succeeded" or "Failed")
        {
            Gone(pod);
        }
        else if (pod.Spec.NodeName.Length > 0)
        {
            Placed(pod, change.Old);
        }
        else if (_options.SchedulerNames.Contains(pod.Spec.SchedulerName) && pod.Metadata.DeletionTimestamp is null)
        {
            lock (_gate)
            {
                if (_cache.IsAssumed(pod.Metadata.Uid))
                {
                    return; // being bound: this is older news
                }
            }

            Prospect(pod, change.Old);
            _queue.Put(pod);
        }
        else
        {
            _queue.Remove(pod.Metadata.Uid);
        }
    }

    // What its status says of a node in prospect, whoever wrote it.
    private void Prospect(Pod pod, Pod? old)
    {
        if (pod.Status.NominatedNodeName.Length == 0 && old is not { Status.NominatedNodeName.Length: > 0 })
        {
            return;
        }

        lock (_gate)
        {
            if (pod.Status.NominatedNodeName.Length > 0)
            {
                _cache.Nominations.Put(new PodFacts(pod, _cache.Names), pod.Status.NominatedNodeName);
            }
            else
            {
                _cache.Nominations.Remove(pod.Metadata.Uid);
            }
        }
    }

    private void OnVolumes()
    {
        _volumes?.Changed(); // nobody waits before it is made
        _queue.Happened(ClusterEvents.Volumes);
    }

    private void OnNamespace(InformerEvent<Namespace> change)
    {
        if (change.Old is null || !SameLabels(change.Old, change.Object))
        {
            lock (_gate)
            {
                _cache.Nodes.Pods.ForgetCounters();
            }
        }
    }

    private void Gone(Pod pod)
    {
        bool counted;
        lock (_gate)
        {
            counted = _cache.Remove(pod.Metadata.Uid);
            _cache.Nominations.Remove(pod.Metadata.Uid);
        }

        _verdicts.Forget(pod.Metadata.Uid);
        _queue.Remove(pod.Metadata.Uid);
        if (counted)
        {
            _queue.Happened(ClusterEvents.PodRemoved);
        }
    }

    private void Placed(Pod pod, Pod? old)
    {
        bool isNew;
        lock (_gate)
        {
            isNew = !_cache.Contains(pod.Metadata.Uid) || _cache.IsAssumed(pod.Metadata.Uid);
            if (isNew || old is null || old.Metadata.DeletionTimestamp != pod.Metadata.DeletionTimestamp || !SameLabels(old, pod) || !ApiStruct.DeepEquals(old.Spec, pod.Spec))
            {
                _cache.Confirm(new PodFacts(pod, _cache.Names), pod.Spec.NodeName);
            }
        }

        _queue.Remove(pod.Metadata.Uid);
        if (isNew)
        {
            _queue.Happened(ClusterEvents.PodAssigned);
        }
        else if (old is not null && !ApiStruct.DeepEquals(old.Spec, pod.Spec))
        {
            _queue.Happened(ClusterEvents.PodRemoved | ClusterEvents.PodAssigned);
        }
        else if (old is not null && !SameLabels(old, pod))
        {
            _queue.Happened(ClusterEvents.PodAssigned);
        }
    }

    private static bool SameLabels(KubeObject a, KubeObject b) =>
        a.Metadata.Labels.Count == b.Metadata.Labels.Count && a.Metadata.Labels.All(l => b.Metadata.Labels.GetValueOrDefault(l.Key) == l.Value);
}
