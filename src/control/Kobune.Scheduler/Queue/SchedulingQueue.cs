using Kobune.Api.Core.V1;
using Kobune.Runtime;
using Kobune.Scheduler.Framework;

namespace Kobune.Scheduler.Queue;

/// <summary>
/// The Pods that wait for a node: active (by priority, then by age), backing off after a failed attempt (1 s, doubling to
/// 10 s), unschedulable until something changes that may help them, or held by scheduling gates. Nothing is tried
/// periodically. An event during an attempt counts as one after it, so that none is lost.
/// </summary>
internal sealed class SchedulingQueue : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, QueuedPod> _pods = [];
    private readonly PriorityQueue<QueuedPod, (int Priority, DateTimeOffset Since, long Order)> _active = new();
    private readonly SemaphoreSlim _available = new(0);
    private readonly DelayedKeys<string> _backingOff;
    private readonly TimeProvider _time;
    private readonly Backoff _backoff;
    private ClusterEvents _duringFlight;
    private int _inFlight;
    private long _order;

    public SchedulingQueue(TimeProvider time, Backoff backoff)
    {
        _time = time;
        _backoff = backoff;
        _backingOff = new DelayedKeys<string>(time, EndBackoff);
    }

    /// <summary>True when no Pod is active, in flight, or backing off.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return _pods.Values.All(p => p.Place is QueuePlace.Unschedulable or QueuePlace.Gated);
            }
        }
    }

    /// <summary>A Pod without a node was seen, for the first time or changed.</summary>
    public void Put(Pod pod)
    {
        lock (_gate)
        {
            var gated = pod.Spec.SchedulingGates.Count > 0;
            if (!_pods.TryGetValue(pod.Metadata.Uid, out var queued))
            {
                _pods[pod.Metadata.Uid] = queued = new QueuedPod(pod, _time.GetUtcNow());
                Place(queued, gated);
                return;
            }

            var before = queued.Pod;
            queued.Pod = pod;
            if (queued.Place == QueuePlace.Gated ? !gated : queued.Place == QueuePlace.Unschedulable && MayHelp(before, pod))
            {
                Place(queued, gated);
            }
        }
    }

    /// <summary>The Pod has a node, or is gone.</summary>
    public void Remove(string uid)
    {
        lock (_gate)
        {
            if (_pods.Remove(uid, out var queued))
            {
                Leave(queued);
                _backingOff.Cancel(uid);
            }
        }
    }

    /// <summary>Takes the next Pod; it must be given back with <see cref="Failed"/>, <see cref="Retry"/> or <see cref="Remove"/>. Throws when cancelled.</summary>
    public async ValueTask<QueuedPod> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _available.WaitAsync(cancellationToken);
            lock (_gate)
            {
                if (TryTake() is { } queued)
                {
                    return queued;
                }
            }
        }
    }

    /// <summary>No node can take it: it waits for a change of the given kinds.</summary>
    public void Failed(QueuedPod queued, ClusterEvents helpedBy)
    {
        lock (_gate)
        {
            if (!IsHere(queued))
            {
                return;
            }

            Leave(queued);
            queued.HelpedBy = helpedBy;
            queued.Place = QueuePlace.Unschedulable;
            if ((_duringFlight & helpedBy) != 0)
            {
                Wake(queued);
            }
        }
    }

    /// <summary>The attempt failed for a passing reason: it is tried again after the back-off.</summary>
    public void Retry(QueuedPod queued)
    {
        lock (_gate)
        {
            if (IsHere(queued))
            {
                Leave(queued);
                Wake(queued);
            }
        }
    }

    /// <summary>Something changed in the cluster: the Pods that it may help are tried again.</summary>
    public void Happened(ClusterEvents events)
    {
        if (events == ClusterEvents.None)
        {
            return;
        }

        lock (_gate)
        {
            if (_inFlight > 0)
            {
                _duringFlight |= events;
            }

            foreach (var queued in _pods.Values)
            {
                if (queued.Place == QueuePlace.Unschedulable && (queued.HelpedBy & events) != 0)
                {
                    Wake(queued);
                }
            }
        }
    }

    public void Dispose() => _backingOff.Dispose();

    private QueuedPod? TryTake()
    {
        while (_active.TryDequeue(out var queued, out _))
        {
            if (queued.Place == QueuePlace.Active && IsHere(queued))
            {
                queued.Place = QueuePlace.InFlight;
                queued.Attempts++;
                queued.LastAttempt = _time.GetUtcNow();
                if (_inFlight++ == 0)
                {
                    _duringFlight = ClusterEvents.None;
                }

                return queued;
            }
        }

        return null;
    }

    private bool IsHere(QueuedPod queued) => _pods.TryGetValue(queued.Uid, out var present) && ReferenceEquals(present, queued);

    private void Leave(QueuedPod queued)
    {
        if (queued.Place == QueuePlace.InFlight)
        {
            _inFlight--;
        }

        queued.Place = QueuePlace.None;
    }

    private void Place(QueuedPod queued, bool gated)
    {
        if (gated)
        {
            queued.Place = QueuePlace.Gated;
        }
        else
        {
            Wake(queued);
        }
    }

    private void Wake(QueuedPod queued)
    {
        var wait = queued.Attempts == 0 ? TimeSpan.Zero : queued.LastAttempt + _backoff.Delay(queued.Attempts - 1) - _time.GetUtcNow();
        if (wait > TimeSpan.Zero)
        {
            queued.Place = QueuePlace.BackingOff;
            _backingOff.Replace(queued.Uid, wait);
            return;
        }

        Activate(queued);
    }

    private void Activate(QueuedPod queued)
    {
        queued.Place = QueuePlace.Active;
        _active.Enqueue(queued, (-(queued.Pod.Spec.Priority ?? 0), queued.Since, _order++));
        _available.Release();
    }

    private void EndBackoff(string uid)
    {
        lock (_gate)
        {
            if (_pods.TryGetValue(uid, out var queued) && queued.Place == QueuePlace.BackingOff)
            {
                Activate(queued);
            }
        }
    }

    // What its status says cannot make a Pod fit; a new toleration or a smaller request can.
    private static bool MayHelp(Pod before, Pod now) => before.Metadata.Generation != now.Metadata.Generation || before.Metadata.Generation == 0
        ? !Api.ApiStruct.DeepEquals(before.Spec, now.Spec)
        : !before.Metadata.Labels.OrderBy(l => l.Key).SequenceEqual(now.Metadata.Labels.OrderBy(l => l.Key));
}
