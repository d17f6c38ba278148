using System.Globalization;
using System.Text.Json;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Runtime;
using Kobune.Scheduler.Cache;
using Kobune.Scheduler.Volumes;

namespace Kobune.Scheduler.Binding;

/// <summary>Writes the scheduler's decisions: bindings, many at a time, and the condition of Pods that cannot be placed.</summary>
internal sealed class Binder(IKubeClient client, VolumeBinder volumes, IEventRecorder events, TimeProvider time, int parallel)
{
    private readonly SemaphoreSlim _slots = new(parallel);
    private int _running;

    public bool IsIdle => Volatile.Read(ref _running) == 0;

    /// <summary>Waits for a free slot, starts the binding, and returns; <paramref name="done"/> hears how it ended.</summary>
    /// <remarks>A Pod whose claims have to be bound first takes no slot until they are: that may last minutes.</remarks>
    public async Task StartAsync(PodFacts facts, string node, List<ClaimChoice>? claims, Action<bool, string> done, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _running);
        if (claims is not null)
        {
            _ = BindVolumesAsync(facts.Pod, node, claims, done, cancellationToken);
            return;
        }

        await _slots.WaitAsync(cancellationToken);
        _ = BindAsync(facts.Pod, node, done, cancellationToken);
    }

    /// <summary>Waits until all bindings have ended.</summary>
    public async Task DrainAsync()
    {
        for (var i = 0; i < parallel; i++)
        {
            await _slots.WaitAsync();
        }

        _slots.Release(parallel);
    }

    /// <summary>Sets the condition PodScheduled to False, if it does not say so yet, and the nominated node.</summary>
    public async Task NoteUnschedulableAsync(Pod pod, string message, string? nominated, CancellationToken cancellationToken)
    {
        var condition = pod.Status.Conditions.Find(c => c.Type == "PodScheduled");
        var same = condition is { Status: "False", Reason: "Unschedulable" } && condition.Message == message;
        if (same && (nominated is null || nominated == pod.Status.NominatedNodeName))
        {
            return;
        }

        var since = condition?.Status == "False" ? condition.LastTransitionTime ?? time.GetUtcNow() : time.GetUtcNow();
        var stamp = since.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var nomination = nominated is null ? "" : $"\"nominatedNodeName\":{JsonSerializer.Serialize(nominated)},";
        var body = "{\"status\":{" + nomination + "\"conditions\":[{\"type\":\"PodScheduled\",\"status\":\"False\",\"reason\":\"Unschedulable\",\"lastProbeTime\":null,\"lastTransitionTime\":\""
            + stamp + "\",\"message\":" + JsonSerializer.Serialize(message) + "}]}}";
        try
        {
            await client.PatchAsync<Pod>(pod.Metadata.Namespace, pod.Metadata.Name, PatchKind.StrategicMerge, body, new WriteOptions { Subresource = "status" }, cancellationToken);
        }
        catch (KubeStatusException)
        {
            // deleted meanwhile, or the server is unwell: the next attempt says it again
        }
    }

    private async Task BindVolumesAsync(Pod pod, string node, List<ClaimChoice> claims, Action<bool, string> done, CancellationToken cancellationToken)
    {
        await Task.Yield();
        try
        {
            await volumes.BindAsync(claims, node, cancellationToken);
            await _slots.WaitAsync(cancellationToken);
        }
        catch (Exception e)
        {
            events.Warning(pod, "FailedScheduling", $"running PreBind plugin \"VolumeBinding\": {e.Message}");
            done(false, e.Message);
            Interlocked.Decrement(ref _running);
            return;
        }

        await BindAsync(pod, node, done, cancellationToken);
    }

    private async Task BindAsync(Pod pod, string node, Action<bool, string> done, CancellationToken cancellationToken)
    {
        await Task.Yield();
        var error = "";
        try
        {
            var binding = new Api.Core.V1.Binding { Target = new ObjectReference { Kind = "Node", Name = node } };
            binding.Metadata.Namespace = pod.Metadata.Namespace;
            binding.Metadata.Name = pod.Metadata.Name;
            binding.Metadata.Uid = pod.Metadata.Uid;
            await client.CreateSubresourceAsync(Pod.Info, pod.Metadata.Namespace, pod.Metadata.Name, "binding", binding, cancellationToken: cancellationToken);
            events.Normal(pod, "Scheduled", $"Successfully assigned {ObjectKey.Of(pod)} to {node}");
        }
        catch (Exception e)
        {
            error = e.Message;
        }

        done(error.Length == 0, error);
        Interlocked.Decrement(ref _running);
        _slots.Release();
    }
}
