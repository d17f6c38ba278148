using Kobune.Api.Core.V1;
using Kobune.Kubelet.Logs;
using Kobune.Kubelet.Pods;
using Kobune.Kubelet.Pods.Decision;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Kobune.Kubelet.Server;

/// <summary>GET /containerLogs/{namespace}/{pod}/{container}.</summary>
internal sealed class ContainerLogs(PodManager pods, KubeletPaths paths, TimeProvider time)
{
    public async Task WriteAsync(HttpContext context, string ns, string pod, string container)
    {
        var worker = pods.Find(ns, pod) ?? throw new HttpFailure(404, $"pod \"{pod}\" not found");
        if (worker.Pod.Find(container) is null)
        {
            throw new HttpFailure(404, $"container \"{container}\" not found in pod \"{pod}\"");
        }

        LogOptions options;
        try
        {
            options = LogOptions.FromQuery(name => context.Request.Query[name], time.GetUtcNow());
        }
        catch (FormatException e)
        {
            throw new HttpFailure(422, e.Message);
        }

        var id = ContainerId(worker, container, options.Previous);
        var instance = worker.Seen.Containers.FirstOrDefault(c => c.Id == id)
            ?? throw new HttpFailure(400, $"container \"{container}\" in pod \"{pod}\" is not available");
        var path = instance.LogPath.Length > 0 ? instance.LogPath
            : Path.Combine(paths.PodLogs(ns, pod, worker.Pod.Uid), KubeletPaths.ContainerLog(container, instance.RestartCount));
        if (!File.Exists(path))
        {
            throw new HttpFailure(400, $"failed to try resolving symlinks in path \"{path}\": lstat {path}: no such file or directory");
        }

        context.Response.ContentType = "text/plain";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await context.Response.StartAsync(context.RequestAborted);
        var reader = new LogReader(path, options, context.Response.Body);
        await reader.CopyAsync(
            () => worker.Seen.Containers.Any(c => c.Id == id && c.State is ContainerRunState.Running or ContainerRunState.Created),
            () => worker.NextStep,
            context.RequestAborted);
    }

    /// <summary>The instance that is meant, by the status that users see; refusals in upstream's words.</summary>
    private static string ContainerId(PodWorker worker, string container, bool previous)
    {
        var pod = worker.Pod.Name;
        var status = worker.Status is { } all
            ? all.ContainerStatuses.Concat(all.InitContainerStatuses).Concat(all.EphemeralContainerStatuses).FirstOrDefault(s => s.Name == container)
            : null;
        if (status is null)
        {
            throw new HttpFailure(400, $"container \"{container}\" in pod \"{pod}\" is not available");
        }

        var last = status.LastState.Terminated;
        if (previous)
        {
            return last is not null ? Bare(last.ContainerID) : throw new HttpFailure(400, $"previous terminated container \"{container}\" in pod \"{pod}\" not found");
        }

        if (status.State.Running is not null)
        {
            return Bare(status.ContainerID);
        }

        if (status.State.Terminated is { } ended)
        {
            return Bare(ended.ContainerID);
        }

        if (last is not null)
        {
            return Bare(last.ContainerID);
        }

        throw new HttpFailure(400, WaitingMessage(status, container, pod));
    }

    private static string WaitingMessage(ContainerStatus status, string container, string pod) => status.State.Waiting switch
    {
        { Reason: "ErrImagePull" } => $"container \"{container}\" in pod \"{pod}\" is waiting to start: image can't be pulled",
        { Reason: "ImagePullBackOff" } => $"container \"{container}\" in pod \"{pod}\" is waiting to start: trying and failing to pull image",
        { Reason: { Length: > 0 } reason } => $"container \"{container}\" in pod \"{pod}\" is waiting to start: {reason}",
        _ => $"container \"{container}\" in pod \"{pod}\" is waiting to start - no logs yet",
    };

    private static string Bare(string id) => id[(id.IndexOf("://", StringComparison.Ordinal) is var at and >= 0 ? at + 3 : 0)..];
}
