using System.Collections.Concurrent;
using Kobune.Api.Core.V1;
using Kobune.Cri;
using Kobune.Cri.Events;
using Kobune.Kubelet.Configuration;
using Kobune.Kubelet.Pods.Decision;
using Kobune.Kubelet.Pods.Execution;
using Kobune.Kubelet.Runtime;
using Kobune.Kubelet.Volumes;
using Kobune.Runtime;
using Microsoft.Extensions.Logging;
using V1 = Kobune.Cri.V1;

namespace Kobune.Kubelet.Pods;

/// <summary>Owns the workers: makes one for every Pod of this node and for every orphan that the runtime still holds, and routes what happens to them.</summary>
internal sealed partial class PodManager(
    Informer<Pod> pods, Informer<Service> allServices, ICriRuntime runtime, IRuntimeEvents runtimeEvents, WorkerServices services, VolumeManager volumes,
    ReferencedObjects objects, OrphanSweeper sweeper, KubeletOptions options, ILogger<PodManager> logger)
{
    private readonly ConcurrentDictionary<string, PodWorker> _workers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Task> _running = new(StringComparer.Ordinal);

    // Pods that the runtime held something of when this kubelet started; all others were begun by its own workers.
    private readonly HashSet<string> _found = new(StringComparer.Ordinal);

    /// <summary>All Pods that have a worker.</summary>
    public IEnumerable<PodWorker> Workers => _workers.Values;

    public PodWorker? Find(string ns, string name) =>
        _workers.Values.Where(w => w.Pod.Namespace == ns && w.Pod.Name == name).OrderBy(w => w.Pod.Deleting).FirstOrDefault();

    /// <summary>Runs until cancelled; then waits for the workers, whose containers stay.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        await pods.Synced.WaitAsync(stopping);
        // Containers get the services of their namespace in the environment, so these come first.
        await allServices.Synced.WaitAsync(stopping);
        await WhenRuntimeAnswersAsync(AdoptOrphansAsync, stopping);
        // The handler is told of every Pod that is there already.
        pods.AddHandler(change => OnPod(change, stopping));
        objects.Changed += (kind, ns, name) => OnObjectChanged(kind, ns, name, stopping);
        try
        {
            await Task.WhenAll(FollowRuntimeAsync(stopping), RelistAsync(stopping), RenewTokensAsync(stopping));
        }
        finally
        {
            await Task.WhenAll(_running.Values);
        }
    }

    /// <summary>There is room on the node: who waits for a resize looks again.</summary>
    public void RetryResizes()
    {
        foreach (var worker in _workers.Values.Where(w => w.WaitsForResize))
        {
            worker.Wake();
        }
    }

    private async Task WhenRuntimeAnswersAsync(Func<CancellationToken, Task> work, CancellationToken stopping)
    {
        while (true)
        {
            try
            {
                await work(stopping);
                return;
            }
            catch (Kobune.Cri.Grpc.RpcException e)
            {
                LogRelistFailed(logger, e.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(500), options.Time, stopping);
            }
        }
    }

    private void OnPod(InformerEvent<Pod> change, CancellationToken stopping)
    {
        var uid = change.Object.Metadata.Uid;
        if (change.Old is { } old && old.Metadata.Uid != uid)
        {
            Gone(old);
        }

        if (change.Type == InformerEventType.Deleted)
        {
            Gone(change.Object);
            return;
        }

        var view = new PodView(change.Object);
        if (_workers.TryGetValue(uid, out var worker))
        {
            var before = worker.Pod;
            worker.Update(view);
            objects.Refer(uid, PodReferences.Of(view));
            if (!ReferenceEquals(before.Pod.Metadata, view.Pod.Metadata) && MetadataChanged(before.Pod, view.Pod))
            {
                _ = volumes.RefreshAsync(uid, view, stopping);
            }
        }
        else
        {
            objects.Refer(uid, PodReferences.Of(view));
            Start(view, stopping);
        }
    }

    private static bool MetadataChanged(Pod before, Pod after) =>
        !Equal(before.Metadata.Labels, after.Metadata.Labels) || !Equal(before.Metadata.Annotations, after.Metadata.Annotations);

    private static bool Equal(Dictionary<string, string> a, Dictionary<string, string> b) =>
        a.Count == b.Count && a.All(p => b.TryGetValue(p.Key, out var value) && value == p.Value);

    private void Gone(Pod pod)
    {
        if (_workers.TryGetValue(pod.Metadata.Uid, out var worker))
        {
            worker.Update(new PodView(pod, gone: true));
        }
    }

    private void Start(PodView pod, CancellationToken stopping)
    {
        bool fresh;
        lock (_found)
        {
            // Only once: a Pod whose worker has ended and that comes back is looked at closely.
            fresh = _found.Add(pod.Uid);
        }

        var worker = new PodWorker(pod, services, fresh, stopping);
        _workers[pod.Uid] = worker;
        _running[pod.Uid] = WorkAsync(worker, pod.Uid, stopping);
    }

    private async Task WorkAsync(PodWorker worker, string uid, CancellationToken stopping)
    {
        try
        {
            await worker.RunAsync();
        }
        catch (Exception e)
        {
            LogWorkerFailed(logger, e, worker.Pod.FullName);
        }

        if (stopping.IsCancellationRequested)
        {
            await worker.DisposeAsync();
            return;
        }

        if (!worker.Finished)
        {
            // A defect ended it; a new worker looks at the runtime and takes over.
            await worker.DisposeAsync();
            await Task.Delay(TimeSpan.FromSeconds(1), options.Time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Start(worker.Pod, stopping);
            return;
        }

        _workers.TryRemove(uid, out _);
        _running.TryRemove(uid, out _);
        objects.Refer(uid, []);
        services.Statuses.Forget(uid);
        services.Ids.ForgetPod(uid);
        services.Probes.Forget(uid);
        lock (_found)
        {
            _found.Remove(uid);
        }

        await worker.DisposeAsync();
    }

    /// <summary>Sandboxes whose Pod was deleted while no kubelet ran are ended as their Pod would have been.</summary>
    private async Task AdoptOrphansAsync(CancellationToken stopping)
    {
        var known = pods.List().Select(p => p.Metadata.Uid).ToHashSet(StringComparer.Ordinal);
        foreach (var container in await runtime.ListContainersAsync(null, stopping))
        {
            _found.Add(container.Labels.TryGetValue(RuntimeLabels.PodUid, out var owner) ? owner : "");
        }

        foreach (var sandbox in await runtime.ListPodSandboxAsync(null, stopping))
        {
            _found.Add(sandbox.Labels.TryGetValue(RuntimeLabels.PodUid, out var owner) ? owner : "");
            if (sandbox.Labels.TryGetValue(RuntimeLabels.PodUid, out var uid) && known.Add(uid))
            {
                Start(new PodView(OrphanOf(sandbox), gone: true), stopping);
            }
        }

        await sweeper.SweepAsync(known, stopping);
    }

    private static Pod OrphanOf(V1.PodSandbox sandbox)
    {
        var pod = new Pod();
        pod.Metadata.Name = sandbox.Metadata.Name;
        pod.Metadata.Namespace = sandbox.Metadata.Namespace;
        pod.Metadata.Uid = sandbox.Labels[RuntimeLabels.PodUid];
        if (sandbox.Annotations.TryGetValue(RuntimeLabels.Grace, out var grace) && long.TryParse(grace, out var seconds))
        {
            pod.Spec.TerminationGracePeriodSeconds = seconds;
        }

        return pod;
    }

    private async Task FollowRuntimeAsync(CancellationToken stopping)
    {
        try
        {
            await foreach (var happened in runtimeEvents.WatchAsync(stopping))
            {
                if (happened.Kind == RuntimeEventKind.Resync)
                {
                    foreach (var worker in _workers.Values)
                    {
                        worker.Relist();
                    }
                }
                else if (happened.Kind is RuntimeEventKind.Stopped or RuntimeEventKind.Deleted
                    && services.Ids.PodOf(happened.Id) is { } uid && _workers.TryGetValue(uid, out var worker))
                {
                    worker.RuntimeChanged(happened.Id);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    /// <summary>The safety net: two calls list everything, and only workers whose picture differs are told.</summary>
    private async Task RelistAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(options.RelistPeriod, options.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                try
                {
                    await CompareAsync(stopping);
                }
                catch (Kobune.Cri.Grpc.RpcException e)
                {
                    LogRelistFailed(logger, e.Message);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task CompareAsync(CancellationToken stopping)
    {
        var containers = await runtime.ListContainersAsync(null, stopping);
        var sandboxes = await runtime.ListPodSandboxAsync(null, stopping);
        var running = containers.Where(c => c.State == V1.ContainerState.ContainerRunning).Select(c => c.Id)
            .Concat(sandboxes.Where(s => s.State == V1.PodSandboxState.SandboxReady).Select(s => s.Id)).ToHashSet(StringComparer.Ordinal);
        foreach (var worker in _workers.Values)
        {
            var seen = worker.Seen.Containers.Where(c => c.Alive).Select(c => c.Id).Concat(worker.Seen.Sandboxes.Where(s => s.Ready).Select(s => s.Id));
            if (seen.Any(id => !running.Contains(id)))
            {
                worker.Relist();
            }
        }

        foreach (var orphan in sandboxes.Where(s => s.Labels.TryGetValue(RuntimeLabels.PodUid, out var uid) && !_workers.ContainsKey(uid)))
        {
            lock (_found)
            {
                _found.Add(orphan.Labels[RuntimeLabels.PodUid]);
            }

            Start(new PodView(OrphanOf(orphan), gone: true), stopping);
        }
    }

    private void OnObjectChanged(string kind, string ns, string name, CancellationToken stopping)
    {
        foreach (var uid in volumes.PodsWith(kind, ns, name))
        {
            _ = volumes.RefreshAsync(uid, null, stopping);
        }

        foreach (var worker in _workers.Values.Where(w => w.Pod.Namespace == ns))
        {
            worker.ReferenceChanged();
        }
    }

    /// <summary>One timer for the tokens of all Pods.</summary>
    private async Task RenewTokensAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(30), options.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                foreach (var uid in volumes.DueForTokens(options.Time.GetUtcNow()))
                {
                    await volumes.RefreshAsync(uid, null, stopping);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The worker of Pod {Pod} failed")]
    private static partial void LogWorkerFailed(ILogger logger, Exception e, string pod);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The runtime could not be listed: {Reason}")]
    private static partial void LogRelistFailed(ILogger logger, string reason);
}
