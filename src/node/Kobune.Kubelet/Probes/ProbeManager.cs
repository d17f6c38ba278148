using Kobune.Api.Core.V1;
using Kobune.Kubelet.Pods.Decision;
using Kobune.Kubelet.Pods.Execution;

namespace Kobune.Kubelet.Probes;

/// <summary>Runs the probes of a Pod's running containers; one loop for each, gone when the container is.</summary>
internal sealed class ProbeManager(Prober prober, ProbeCounts counts, PodEvents events, TimeProvider time, Random random, NodeFacts node, DateTimeOffset kubeletStarted)
{
    /// <summary>Starts and ends loops so that they fit what runs now. <paramref name="report"/> is called with every verdict that changed.</summary>
    public void Sync(ProbeSet probes, PodView pod, PodObservation seen, WorkerMemory memory, Action<string, ProbeKind, bool> report)
    {
        var wanted = new HashSet<(string, ProbeKind)>();
        var addresses = pod.Pod.Spec.HostNetwork ? node.Addresses : memory.Addresses;
        foreach (var spec in pod.Apps.Concat(pod.Init.Where(i => i.Kind == ContainerKind.Sidecar)))
        {
            if (seen.Latest(spec.Name) is not { State: ContainerRunState.Running } container || memory.Starting(spec.Name) || memory.Kills.ContainsKey(container.Id))
            {
                continue;
            }

            var started = PodStatusBuilder.Started(spec, container, memory);
            foreach (var (kind, probe) in Of(spec.Container))
            {
                if (kind == ProbeKind.Startup ? started : !started)
                {
                    continue;
                }

                wanted.Add((container.Id, kind));
                probes.Start((container.Id, kind), cancellation => LoopAsync(pod, spec, container, addresses, kind, probe, report, cancellation));
            }
        }

        probes.Keep(wanted);
    }

    /// <summary>The Pod is gone, and with it its counts.</summary>
    public void Forget(string uid) => counts.ForgetPod(uid);

    private static IEnumerable<(ProbeKind Kind, Probe Probe)> Of(Container container)
    {
        if (container.StartupProbe is { } startup)
        {
            yield return (ProbeKind.Startup, startup);
        }

        if (container.LivenessProbe is { } liveness)
        {
            yield return (ProbeKind.Liveness, liveness);
        }

        if (container.ReadinessProbe is { } readiness)
        {
            yield return (ProbeKind.Readiness, readiness);
        }
    }

    private async Task LoopAsync(
        PodView pod, ContainerSpec spec, ObservedContainer container, IReadOnlyList<string> addresses, ProbeKind kind, Probe probe, Action<string, ProbeKind, bool> report, CancellationToken cancellation)
    {
        var period = TimeSpan.FromSeconds(probe.PeriodSeconds > 0 ? probe.PeriodSeconds : 10);
        await Task.Delay(FirstDelay(container, probe, period), time, cancellation);
        bool? verdict = null;
        var last = false;
        var run = 0;
        while (!cancellation.IsCancellationRequested)
        {
            var outcome = await prober.ProbeAsync(spec, container.Id, addresses, probe, cancellation);
            cancellation.ThrowIfCancellationRequested();
            counts.Add(new ProbeResult(pod.Namespace, pod.Name, pod.Uid, spec.Name, kind, outcome.Ok));
            run = outcome.Ok == last ? run + 1 : 1;
            last = outcome.Ok;
            if (!outcome.Ok)
            {
                events.Container(pod, spec, "Warning", "Unhealthy", $"{kind} probe failed: {outcome.Output}");
            }

            var needed = Math.Max(1, outcome.Ok ? probe.SuccessThreshold : probe.FailureThreshold > 0 ? probe.FailureThreshold : 3);
            if (run >= needed && verdict != outcome.Ok)
            {
                verdict = outcome.Ok;
                report(container.Id, kind, outcome.Ok);
                if (!outcome.Ok && kind != ProbeKind.Readiness || outcome.Ok && kind == ProbeKind.Startup)
                {
                    // Liveness and startup failures end the container, startup success ends the probing.
                    return;
                }
            }

            await Task.Delay(period, time, cancellation);
        }
    }

    /// <summary>The initial delay counts from the container's start. After a restart of the kubelet the first probes are spread over the period.</summary>
    private TimeSpan FirstDelay(ObservedContainer container, Probe probe, TimeSpan period)
    {
        var now = time.GetUtcNow();
        var due = (container.StartedAt ?? now) + TimeSpan.FromSeconds(probe.InitialDelaySeconds);
        var delay = due > now ? due - now : TimeSpan.Zero;
        var adopted = container.StartedAt < kubeletStarted;
        lock (random)
        {
            return adopted ? delay + (period * random.NextDouble()) : delay;
        }
    }
}
