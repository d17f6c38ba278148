using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Client;
using Kobune.Cri;
using Kobune.Cri.Grpc;
using Kobune.Kubelet.Images;
using Kobune.Kubelet.Pods.Decision;
using Kobune.Kubelet.Runtime;
using Kobune.Kubelet.Volumes;
using Microsoft.Extensions.Logging;

namespace Kobune.Kubelet.Pods.Execution;

/// <summary>
/// Performs actions. Each call returns what the worker's loop then applies to its state: executors run beside the loop and
/// never touch the state themselves. Failures are outcomes; nothing but cancellation is thrown.
/// </summary>
internal sealed partial class PodExecutor(
    IKubeClient client,
    ICriRuntime runtime,
    RuntimeObserver observer,
    VolumeManager volumes,
    ImageManager images,
    SandboxStarter sandboxes,
    ContainerStarter containers,
    ContainerStopper stopper,
    ContainerResizer resizer,
    PodRemains remains,
    StatusManager statuses,
    PodEvents events,
    TimeProvider time,
    ILogger<PodExecutor> logger)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(30);

    private readonly BackOffs _pulls = new();

    /// <param name="pod">The Pod as the decision saw it.</param>
    /// <param name="action">What to do.</param>
    /// <param name="seen">What the decision saw.</param>
    /// <param name="running">Cancelled when the Pod begins to terminate; ends what would start or wait.</param>
    /// <param name="stopping">Cancelled when the kubelet stops.</param>
    public async Task<Action<WorkerState>> RunAsync(PodView pod, PodAction action, PodObservation seen, CancellationToken running, CancellationToken stopping)
    {
        try
        {
            return action switch
            {
                SetUpVolumes => await SetUpVolumesAsync(pod, running),
                CreateSandbox create => await CreateSandboxAsync(pod, create, stopping),
                StopSandbox stop => await StopSandboxAsync(pod, stop.Id, stopping),
                RemoveSandbox remove => await RemoveSandboxAsync(remove.Id, stopping),
                EnsureImage ensure => await EnsureImageAsync(pod, ensure.Container, running),
                StartContainer start => await containers.StartAsync(pod, start, seen, running, stopping),
                RunPreStop hook => await stopper.PreStopAsync(pod, hook, seen, stopping),
                StopContainer stop => await stopper.StopAsync(pod, stop, seen, stopping),
                ResizeContainers resize => await resizer.ResizeAsync(pod, resize, seen, stopping),
                RemoveContainer remove => await RemoveContainerAsync(pod, remove, stopping),
                AnnounceBackOff announce => Announce(pod, announce),
                FailPod fail => Fail(pod, fail),
                TearDownPod down => await TearDownAsync(pod, down.Final, stopping),
                DeletePodObject => await DeleteObjectAsync(pod, stopping),
                _ => throw new InvalidOperationException($"no executor for {action.GetType().Name}"),
            };
        }
        catch (OperationCanceledException) when (running.IsCancellationRequested || stopping.IsCancellationRequested)
        {
            return static _ => { };
        }
        catch (Exception e)
        {
            // One failed action must not end the worker; it is decided anew after a while.
            LogActionFailed(logger, e, action.Key, pod.FullName);
            await Task.Delay(FirstRetry, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return static _ => { };
        }
    }

    private async Task<Action<WorkerState>> SetUpVolumesAsync(PodView pod, CancellationToken cancellation)
    {
        try
        {
            await volumes.SetUpAsync(pod, cancellation);
            return static state =>
            {
                state.Memory.VolumesReady = true;
                state.Memory.VolumeFailures = 0;
            };
        }
        catch (AggregateException e)
        {
            foreach (var failure in e.InnerExceptions)
            {
                events.Pod(pod, "Warning", "FailedMount", failure.Message);
            }

            var now = time.GetUtcNow();
            return state => state.Memory.VolumeRetryAt = now + Growing(++state.Memory.VolumeFailures, TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(122));
        }
    }

    private async Task<Action<WorkerState>> CreateSandboxAsync(PodView pod, CreateSandbox action, CancellationToken cancellation)
    {
        if (action.Changed)
        {
            events.Pod(pod, "Normal", "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
        }

        try
        {
            var created = await sandboxes.StartAsync(pod, action.Attempt, cancellation);
            return state =>
            {
                state.Memory.SandboxFailures = 0;
                if (created is not null)
                {
                    state.Put(created);
                }
            };
        }
        catch (RpcException e)
        {
            events.Pod(pod, "Warning", "FailedCreatePodSandBox", $"Failed to create pod sandbox: {e.Describe()}");
            var now = time.GetUtcNow();
            return state => state.Memory.SandboxRetryAt = now + Growing(++state.Memory.SandboxFailures, FirstRetry, LastRetry);
        }
    }

    private async Task<Action<WorkerState>> StopSandboxAsync(PodView pod, string id, CancellationToken cancellation)
    {
        var stopped = true;
        try
        {
            await runtime.StopPodSandboxAsync(id, cancellation);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            // Gone already.
        }
        catch (RpcException e)
        {
            stopped = false;
            events.Pod(pod, "Warning", "FailedKillPod", $"error killing pod: failed to \"KillPodSandbox\" for \"{pod.Uid}\" with KillPodSandboxError: \"{e.Describe()}\"");
            await Task.Delay(FirstRetry, time, cancellation);
        }

        var now = await observer.SandboxAsync(id, cancellation);
        return state =>
        {
            if (now is null)
            {
                state.RemoveSandbox(id);
            }
            else
            {
                state.Put(now);
            }

            if (stopped)
            {
                state.Memory.StoppedSandboxes.Add(id);
            }
        };
    }

    private async Task<Action<WorkerState>> RemoveSandboxAsync(string id, CancellationToken cancellation)
    {
        try
        {
            await runtime.RemovePodSandboxAsync(id, cancellation);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            // Gone already.
        }

        return state => state.RemoveSandbox(id);
    }

    private async Task<Action<WorkerState>> EnsureImageAsync(PodView pod, string container, CancellationToken cancellation)
    {
        var spec = pod.Find(container)!;
        var result = await images.EnsureAsync(pod, spec, cancellation);
        var now = time.GetUtcNow();
        var key = spec.Container.Image;
        if (result.ImageRef is not null)
        {
            return state =>
            {
                _pulls.Reset(pod.Uid, key);
                state.Memory.Images[container] = new ImageOutcome(result.ImageRef, "", "", now, now, result.User);
            };
        }

        var delay = _pulls.Next(pod.Uid, key, now);
        return state => state.Memory.Images[container] = new ImageOutcome(null, result.Reason, result.Message, now, now + delay);
    }

    private async Task<Action<WorkerState>> RemoveContainerAsync(PodView pod, RemoveContainer action, CancellationToken cancellation)
    {
        try
        {
            await runtime.RemoveContainerAsync(action.ContainerId, cancellation);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            // Gone already.
        }

        remains.RemoveLog(pod, action.Container, action.RestartCount, action.ContainerId);
        return state => state.RemoveContainer(action.ContainerId);
    }

    private Action<WorkerState> Announce(PodView pod, AnnounceBackOff action)
    {
        events.Container(pod, action.Container, action.ImagePull ? "Normal" : "Warning", "BackOff", action.Message);
        if (action.ImagePull)
        {
            events.Container(pod, action.Container, "Warning", "Failed", "Error: ImagePullBackOff");
        }

        return state =>
        {
            state.Memory.Announced[action.Container] = action.Mark;
            if (!action.ImagePull)
            {
                // The state is now the back-off, no longer the error that led to it.
                state.Memory.StartFailures.Remove(action.Container);
            }
        };
    }

    private Action<WorkerState> Fail(PodView pod, FailPod action)
    {
        if (action.Event)
        {
            events.Pod(pod, "Normal", action.Reason, action.Message);
        }

        return state => state.Memory.Failure = action;
    }

    private async Task<Action<WorkerState>> TearDownAsync(PodView pod, bool final, CancellationToken cancellation)
    {
        await volumes.TearDownAsync(pod.Uid, cancellation);
        await remains.RemoveAsync(pod, withLogs: final, cancellation);
        _pulls.Forget(pod.Uid);
        return state =>
        {
            state.Memory.TornDown = true;
            state.Memory.Erased |= final;
        };
    }

    private async Task<Action<WorkerState>> DeleteObjectAsync(PodView pod, CancellationToken cancellation)
    {
        await statuses.FlushAsync(pod.Uid, cancellation);
        try
        {
            await client.DeleteAsync(Pod.Info, pod.Namespace, pod.Name,
                new DeleteOptions { GracePeriodSeconds = 0, Preconditions = new Preconditions { Uid = pod.Uid } }, cancellation);
        }
        catch (KubeStatusException e) when (e.Status.Code is 404 or 409)
        {
            // Deleted meanwhile, or replaced by another of the same name.
        }

        return static state => state.Memory.ObjectDeleted = true;
    }

    private static TimeSpan Growing(int failures, TimeSpan first, TimeSpan last)
    {
        var delay = first * Math.Pow(2, Math.Min(failures - 1, 20));
        return delay < last ? delay : last;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Action {Action} of Pod {Pod} failed")]
    private static partial void LogActionFailed(ILogger logger, Exception e, string action, string pod);

    /// <summary>Pull back-off is kept per Pod and image, across containers and restarts.</summary>
    private sealed class BackOffs
    {
        private readonly Lock _lock = new();
        private readonly Dictionary<string, BackOff> _byPod = [];

        public TimeSpan Next(string uid, string image, DateTimeOffset now)
        {
            lock (_lock)
            {
                if (!_byPod.TryGetValue(uid, out var backOff))
                {
                    _byPod[uid] = backOff = new BackOff(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(5));
                }

                return backOff.Next(image, now);
            }
        }

        public void Reset(string uid, string image)
        {
            lock (_lock)
            {
                _byPod.GetValueOrDefault(uid)?.Reset(image);
            }
        }

        public void Forget(string uid)
        {
            lock (_lock)
            {
                _byPod.Remove(uid);
            }
        }
    }
}
