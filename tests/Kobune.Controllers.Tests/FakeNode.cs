using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Client;
using Kobune.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kobune.Controllers.Tests;

/// <summary>Stands in for scheduler and kubelet: Pods become ready at once (unless told otherwise), and end at once when deleted.</summary>
internal sealed class FakeNode(IKubeClient client)
{
    private int _addresses;

    /// <summary>Which Pods become ready.</summary>
    public Func<Pod, bool> Readies { get; set; } = static _ => true;

    /// <summary>Which Pods end as soon as they run, and with which exit code.</summary>
    public Func<Pod, int?> Ends { get; set; } = static _ => null;

    public async Task RunAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        using var queue = new WorkQueue<ObjectKey>("fake node", time);
        var informer = new Informer<Pod>(client, new Selection(Pod.Info), time, NullLogger.Instance);
        informer.AddHandler(change => queue.Add(change.Key));
        var loop = new ControllerLoop<ObjectKey>(queue, (key, ct) => informer.Get(key) is { } pod ? ServeAsync(pod, time.GetUtcNow(), ct) : Task.CompletedTask, 4, NullLogger.Instance);
        await Task.WhenAll(informer.RunAsync(cancellationToken), loop.RunAsync(cancellationToken));
    }

    private async Task ServeAsync(Pod pod, DateTimeOffset now, CancellationToken cancellationToken)
    {
        try
        {
            if (pod.Metadata.DeletionTimestamp is not null)
            {
                await client.DeleteAsync<Pod>(pod.Namespace, pod.Name, new DeleteOptions { GracePeriodSeconds = 0 }, cancellationToken);
            }
            else if (pod.Status.Phase is not ("Running" or "Succeeded" or "Failed"))
            {
                var ready = Readies(pod);
                var running = pod.Clone();
                running.Status.Phase = "Running";
                running.Status.StartTime = now;
                running.Status.PodIP = $"10.244.0.{Interlocked.Increment(ref _addresses)}";
                running.Status.PodIPs = [new PodIP { Ip = running.Status.PodIP }];
                running.Status.Conditions = [new PodCondition { Type = "Ready", Status = ready ? "True" : "False", LastTransitionTime = now }];
                End(running, now);
                await client.UpdateStatusAsync(running, cancellationToken: cancellationToken);
            }
        }
        catch (KubeStatusException e) when (e.IsNotFound)
        {
            // gone already
        }
    }

    private void End(Pod pod, DateTimeOffset now)
    {
        if (Ends(pod) is not { } code)
        {
            return;
        }

        pod.Status.Phase = code == 0 ? "Succeeded" : "Failed";
        pod.Status.Conditions = [new PodCondition { Type = "Ready", Status = "False", LastTransitionTime = now }];
        pod.Status.ContainerStatuses =
        [
            .. pod.Spec.Containers.Select(c => new ContainerStatus
            {
                Name = c.Name,
                State = new ContainerState { Terminated = new ContainerStateTerminated { ExitCode = code, FinishedAt = now } },
            }),
        ];
    }
}
