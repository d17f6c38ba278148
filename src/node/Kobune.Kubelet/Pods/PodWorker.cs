using System.Threading.Channels;
using Kobune.Kubelet.Pods.Decision;
using Kobune.Kubelet.Pods.Execution;
using Kobune.Kubelet.Probes;
using Kobune.Kubelet.Runtime;
using Microsoft.Extensions.Logging;

namespace Kobune.Kubelet.Pods;

/// <summary>What workers share.</summary>
internal sealed record WorkerServices(
    PodExecutor Executor, RuntimeObserver Observer, StatusManager Statuses, ProbeManager Probes, PodGrants Grants, RuntimeIds Ids, NodeFacts Node, TimeProvider Time, ILogger<PodWorker> Logger);

/// <summary>
/// Looks after one Pod from its first sight to its end. Everything that happens — a change of the object, of the runtime, a probe,
/// a finished action, a timer — is put in the inbox and wakes the loop, which decides anew. The loop alone touches the state.
/// </summary>
internal sealed partial class PodWorker : IAsyncDisposable
{
    private const int MostEarly = 64;

    private readonly WorkerServices _services;
    private readonly CancellationToken _stopping;
    private readonly CancellationTokenSource _running;
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _lock = new();
    private readonly WorkerState _state = new();
    private readonly ProbeSet _probes = new();
    private readonly ITimer _timer;

    // The inbox; bounded by what can be in flight and by the Pod's containers.
    private readonly List<Action<WorkerState>> _changes = [];
    private readonly HashSet<string> _dirty = [];

    // Changed before the action that makes them was done: a container may end before its start has been told here. They are
    // looked at again when they are known, or the start's picture, taken a moment too early, would stand until the next relist.
    private readonly HashSet<string> _early = [];
    private bool _relist;
    private PodView _pod;
    private volatile Kobune.Api.Core.V1.PodStatus? _last;
    private volatile TaskCompletionSource _nextStep = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="pod">As the API has it.</param>
    /// <param name="services">Shared.</param>
    /// <param name="fresh">The runtime is known to hold nothing of this Pod, so it need not be asked.</param>
    /// <param name="stopping">The kubelet stops.</param>
    public PodWorker(PodView pod, WorkerServices services, bool fresh, CancellationToken stopping)
    {
        _relist = !fresh;
        _pod = pod;
        _services = services;
        _stopping = stopping;
        _running = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        _timer = services.Time.CreateTimer(static s => ((PodWorker)s!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Adopt(pod);
    }

    public PodView Pod
    {
        get
        {
            lock (_lock)
            {
                return _pod;
            }
        }
    }

    /// <summary>What the loop saw last; for the relist and the node's API.</summary>
    public PodObservation Seen { get; private set; } = PodObservation.Empty;

    /// <summary>The status as last told to the API.</summary>
    public Kobune.Api.Core.V1.PodStatus? Status => _last;

    /// <summary>Completes with the next look at the Pod; take it before looking yourself.</summary>
    public Task NextStep => _nextStep.Task;

    /// <summary>True once nothing of the Pod is left and its object is gone.</summary>
    public bool Finished { get; private set; }

    /// <summary>True while the Pod asks for resources that the node could not give it.</summary>
    public bool WaitsForResize { get; private set; }

    /// <summary>True once the Pod's containers have ended for good.</summary>
    public bool Terminated { get; private set; }

    /// <summary>Runs until the Pod is gone or the kubelet stops.</summary>
    public async Task RunAsync()
    {
        Wake();
        try
        {
            while (!Finished)
            {
                await _wake.Reader.ReadAsync(_stopping);
                if (await ObserveAsync())
                {
                    Step();
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Containers run on; the next kubelet adopts them.
        }
        finally
        {
            _nextStep.TrySetResult();
        }
    }

    public void Update(PodView pod)
    {
        lock (_lock)
        {
            _pod = pod;
        }

        Wake();
    }

    /// <summary>A container or sandbox of this Pod has changed.</summary>
    public void RuntimeChanged(string id)
    {
        lock (_lock)
        {
            _dirty.Add(id);
        }

        Wake();
    }

    public void Relist()
    {
        lock (_lock)
        {
            _relist = true;
        }

        Wake();
    }

    /// <summary>A ConfigMap or Secret of the namespace moved: what failed for want of it may be tried at once.</summary>
    public void ReferenceChanged() => Post(static state =>
    {
        state.Memory.VolumeRetryAt = default;
        foreach (var (name, failure) in state.Memory.StartFailures.ToArray())
        {
            if (failure.Reason == "CreateContainerConfigError")
            {
                state.Memory.StartFailures[name] = failure with { RetryAt = default };
            }
        }
    });

    /// <summary>Ends the Pod for good because the node needs what it uses, or it uses more than it may.</summary>
    public void Evict(string message) => Post(state =>
    {
        if (state.Memory.Failure is null && state.Memory.TerminalPhase is null)
        {
            state.Memory.Failure = new FailPod("Evicted", message, Event: false) { Disruption = true };
            state.Memory.GraceOverride = 1;
        }
    });

    public void Wake() => _wake.Writer.TryWrite(true);

    public ValueTask DisposeAsync()
    {
        _probes.Clear();
        _running.Dispose();
        return _timer.DisposeAsync();
    }

    private void Post(Action<WorkerState> change)
    {
        lock (_lock)
        {
            _changes.Add(change);
        }

        Wake();
    }

    /// <summary>Takes over from the API what only it still knows after a restart of the kubelet.</summary>
    private void Adopt(PodView pod)
    {
        var memory = _state.Memory;
        var status = pod.Pod.Status;
        memory.StartTime = status.StartTime ?? PodConditions.Whole(_services.Time.GetUtcNow());
        memory.Addresses = [.. status.PodIPs.Select(p => p.Ip)];
        if (status.Phase is "Succeeded" or "Failed")
        {
            memory.TerminalPhase = status.Phase;
        }

        foreach (var container in status.ContainerStatuses.Concat(status.InitContainerStatuses).Where(c => c.ContainerID.Length > 0))
        {
            memory.KnownRestarts[container.Name] = container.RestartCount;
            memory.KnownStatuses[container.Name] = container;
            var id = container.ContainerID[(container.ContainerID.IndexOf("://", StringComparison.Ordinal) + 3)..];
            if (container.Resources is { } applied)
            {
                memory.Applied[id] = applied;
            }

            memory.Probes[id] = new ProbeVerdicts { Startup = container.Started, Readiness = container.Ready };
        }
    }

    /// <summary>False while the runtime could not be asked: deciding on a stale picture would make a second sandbox.</summary>
    private async Task<bool> ObserveAsync()
    {
        string[] dirty;
        bool relist;
        Action<WorkerState>[] changes;
        lock (_lock)
        {
            dirty = [.. _dirty];
            relist = _relist;
            changes = [.. _changes];
            _dirty.Clear();
            _relist = false;
            _changes.Clear();
        }

        foreach (var change in changes)
        {
            change(_state);
        }

        try
        {
            if (relist)
            {
                var all = await _services.Observer.PodAsync(Pod.Uid, _stopping);
                _state.Replace(all);
                foreach (var id in all.Sandboxes.Select(s => s.Id).Concat(all.Containers.Select(c => c.Id)))
                {
                    _services.Ids.Add(id, Pod.Uid);
                }
            }

            _early.UnionWith(dirty);
            foreach (var id in _early.Where(i => _state.KnowsSandbox(i) || _state.KnowsContainer(i)).ToList())
            {
                await RefreshAsync(id);
                _early.Remove(id);
            }

            if (_early.Count > MostEarly)
            {
                _early.Clear(); // of containers long removed
            }

            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogObserveFailed(_services.Logger, Pod.FullName, e.Message);
            lock (_lock)
            {
                _relist = true;
            }

            _timer.Change(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
            return false;
        }
    }

    private async Task RefreshAsync(string id)
    {
        if (_state.KnowsSandbox(id))
        {
            if (await _services.Observer.SandboxAsync(id, _stopping) is { } sandbox)
            {
                _state.Put(sandbox);
            }
            else
            {
                _state.RemoveSandbox(id);
            }
        }
        else
        {
            if (await _services.Observer.ContainerAsync(id, _state.SandboxOf(id), _stopping) is { } container)
            {
                _state.Put(container);
            }
            else
            {
                _state.RemoveContainer(id);
            }
        }
    }

    private void Step()
    {
        var memory = _state.Memory;
        var now = _services.Time.GetUtcNow();
        _services.Grants.Admit(Pod, memory);
        var pod = _services.Grants.Apply(Pod, memory);
        if (pod.Deleting || memory.TerminalPhase is not null || memory.Failure is not null)
        {
            memory.TerminationStart ??= now;
            if (!_running.IsCancellationRequested)
            {
                _running.Cancel();
            }
        }

        var decision = PodDecider.Decide(pod, _state.Seen, memory, _services.Node, now);
        Seen = _state.Seen;
        if (decision.Status.Phase is "Succeeded" or "Failed" && !pod.Deleting && memory.TerminalPhase is null && memory.Failure is null)
        {
            memory.TerminalPhase = decision.Status.Phase;
            memory.TerminationStart ??= now;
            _running.Cancel();
        }

        foreach (var action in decision.Actions)
        {
            Begin(pod, action, now);
        }

        // Again after the actions have begun: what is being started is not shown half done.
        Publish(pod, decision.Actions.Count > 0 ? PodStatusBuilder.Build(pod, _state.Seen, memory, _services.Node, now) : decision.Status);
        _services.Probes.Sync(_probes, pod, _state.Seen, memory, Probed);
        WaitsForResize = memory.PendingResize is not null;
        Terminated = decision.Terminated;
        if (Terminated)
        {
            _services.Grants.Release(pod.Uid);
        }

        var stepped = _nextStep;
        _nextStep = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stepped.SetResult();
        Finished = decision.Finished;
        if (decision.WakeAt is { } at)
        {
            // Timers may fire a tick early by the wall clock; a later wake-up is cheap.
            _timer.Change(at > now ? at - now + TimeSpan.FromMilliseconds(1) : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    private void Publish(PodView pod, Kobune.Api.Core.V1.PodStatus status)
    {
        var memory = _state.Memory;
        if (pod.Gone)
        {
            return;
        }

        // Within a moment the containers that are being started will run: one write then tells everything.
        if (status.Phase == "Pending" && _last is not null && !pod.Deleting && memory.InFlight.Any(k => k.StartsWith("start/", StringComparison.Ordinal)))
        {
            return;
        }

        // When its containers are being removed the last words stand.
        if (pod.Deleting && _last is not null && _state.Seen.Containers.Count == 0 && _last.ContainerStatuses.Any(c => c.ContainerID.Length > 0))
        {
            return;
        }

        _last = status;
        memory.LastStatus = status;
        // The object as the API has it, not with the resources as granted.
        _services.Statuses.Set(Pod.Pod, status);
    }

    private void Begin(PodView pod, PodAction action, DateTimeOffset now)
    {
        var memory = _state.Memory;
        memory.InFlight.Add(action.Key);
        switch (action)
        {
            case StartContainer { Crashed: { } crashed } start:
                memory.Restarts.Next(start.Container, crashed);
                break;
            case RunPreStop hook:
                memory.Kills[hook.ContainerId] = new KillState
                {
                    RequestedAt = now,
                    PreStop = HookState.Running,
                    GraceSeconds = pod.Deleting ? null : (long)Math.Ceiling(hook.Timeout.TotalSeconds),
                };
                break;
            case StopContainer stop:
                if (!memory.Kills.TryGetValue(stop.ContainerId, out var kill))
                {
                    memory.Kills[stop.ContainerId] = kill = new KillState { RequestedAt = now };
                }

                kill.StopDeadline = now + TimeSpan.FromSeconds(stop.TimeoutSeconds);
                break;
            default:
                break;
        }

        _ = PerformAsync(pod, action);
    }

    private async Task PerformAsync(PodView pod, PodAction action)
    {
        try
        {
            var change = await _services.Executor.RunAsync(pod, action, _state.Seen, _running.Token, _stopping);
            Post(state =>
            {
                state.Memory.InFlight.Remove(action.Key);
                change(state);
                if (action is StartContainer started && state.Seen.Latest(started.Container) is { } instance && pod.Find(started.Container) is { } spec)
                {
                    state.Memory.Applied.TryAdd(instance.Id, spec.Container.Resources);
                }
            });
        }
        catch (OperationCanceledException)
        {
            // The kubelet stops.
        }
    }

    private void Probed(string containerId, ProbeKind kind, bool ok) => Post(state =>
    {
        var verdicts = state.Memory.Probes.GetValueOrDefault(containerId) ?? new ProbeVerdicts();
        state.Memory.Probes[containerId] = kind switch
        {
            ProbeKind.Startup => verdicts with { Startup = ok },
            ProbeKind.Liveness => verdicts with { Liveness = ok },
            _ => verdicts with { Readiness = ok },
        };
    });

    [LoggerMessage(Level = LogLevel.Warning, Message = "Pod {Pod} could not be observed: {Reason}")]
    private static partial void LogObserveFailed(ILogger logger, string pod, string reason);
}
