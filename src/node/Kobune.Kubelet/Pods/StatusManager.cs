using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Kubelet.Pods.Decision;
using Microsoft.Extensions.Logging;

namespace Kobune.Kubelet.Pods;

/// <summary>
/// The one writer of Pod status. Per Pod one write is under way; what changes meanwhile is folded into the next. Conditions that
/// others own are taken from the object that is written to, and a conflict is solved by reading it again.
/// </summary>
internal sealed partial class StatusManager(IKubeClient client, TimeProvider time, ILogger<StatusManager> logger, CancellationToken stopping)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = [];

    /// <summary>Makes this the status of the Pod; returns at once.</summary>
    public void Set(Pod pod, PodStatus status)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(pod.Metadata.Uid, out var entry))
            {
                _entries[pod.Metadata.Uid] = entry = new Entry { Base = pod, Written = pod.Status };
            }

            if (Newer(pod, entry.Base))
            {
                entry.Base = pod;
            }

            if (ApiStruct.DeepEquals(status, entry.Pending ?? entry.Written))
            {
                return;
            }

            entry.Pending = status;
            if (entry.Writer.IsCompleted)
            {
                entry.Writer = WriteAsync(entry);
            }
        }
    }

    /// <summary>Waits until the API knows everything that was set.</summary>
    public Task FlushAsync(string uid, CancellationToken cancellation)
    {
        lock (_lock)
        {
            return _entries.TryGetValue(uid, out var entry) ? entry.Writer.WaitAsync(cancellation) : Task.CompletedTask;
        }
    }

    public void Forget(string uid)
    {
        lock (_lock)
        {
            _entries.Remove(uid);
        }
    }

    private async Task WriteAsync(Entry entry)
    {
        var delay = TimeSpan.FromMilliseconds(100);
        while (true)
        {
            PodStatus status;
            Pod target;
            lock (_lock)
            {
                if (entry.Pending is null)
                {
                    return;
                }

                status = entry.Pending;
                target = entry.Base;
            }

            var refresh = false;
            try
            {
                var written = (Pod)await client.UpdateAsync(Pod.Info, Merge(target, status), new WriteOptions { Subresource = "status", FieldManager = "kubelet" }, stopping);
                delay = TimeSpan.FromMilliseconds(100);
                lock (_lock)
                {
                    entry.Written = status;
                    entry.Base = written;
                    entry.Pending = ReferenceEquals(entry.Pending, status) ? null : entry.Pending;
                }

                continue;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (KubeStatusException e) when (e.Status.Code == 404)
            {
                Drop(entry);
                return;
            }
            catch (KubeStatusException e) when (e.Status.Code == 409)
            {
                refresh = true;
            }
            catch (Exception e)
            {
                LogWriteFailed(logger, target.Metadata.Namespace, target.Metadata.Name, e.Message);
            }

            if (!await RecoverAsync(entry, refresh, delay))
            {
                return;
            }

            delay = delay * 2 < TimeSpan.FromSeconds(10) ? delay * 2 : TimeSpan.FromSeconds(10);
        }
    }

    /// <summary>Reads the object anew after a conflict, waits after another failure. False: the Pod is no longer the one we speak of.</summary>
    private async Task<bool> RecoverAsync(Entry entry, bool refresh, TimeSpan delay)
    {
        try
        {
            if (!refresh)
            {
                await Task.Delay(delay, time, stopping);
                return true;
            }

            var current = (Pod)await client.GetAsync(Pod.Info, entry.Base.Metadata.Namespace, entry.Base.Metadata.Name, stopping);
            if (current.Metadata.Uid == entry.Base.Metadata.Uid)
            {
                entry.Base = current;
                return true;
            }

            Drop(entry);
            return false;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (KubeStatusException e) when (e.Status.Code == 404)
        {
            Drop(entry);
            return false;
        }
        catch (Exception)
        {
            await Task.Delay(delay, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return !stopping.IsCancellationRequested;
        }
    }

    private void Drop(Entry entry)
    {
        lock (_lock)
        {
            entry.Pending = null;
        }
    }

    private static Pod Merge(Pod target, PodStatus status)
    {
        var result = target.Clone();
        var merged = status.Clone();
        // An eviction's own mark comes from here, though others may set that condition too.
        var ours = merged.Conditions.Where(c => PodConditions.Owned.Contains(c.Type) || c is { Type: "DisruptionTarget", Reason: "TerminationByKubelet" }).ToArray();
        var foreign = target.Status.Conditions.Where(c => !PodConditions.Owned.Contains(c.Type) && Array.TrueForAll(ours, o => o.Type != c.Type));
        merged.Conditions = [.. ours, .. foreign];
        result.Status = merged;
        return result;
    }

    private static bool Newer(Pod pod, Pod than) =>
        long.TryParse(pod.Metadata.ResourceVersion, out var a) && long.TryParse(than.Metadata.ResourceVersion, out var b) && a > b;

    private sealed class Entry
    {
        public required Pod Base { get; set; }
        public required PodStatus Written { get; set; }
        public PodStatus? Pending { get; set; }
        public Task Writer { get; set; } = Task.CompletedTask;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Status of Pod {Namespace}/{Name} was not written: {Reason}")]
    private static partial void LogWriteFailed(ILogger logger, string @namespace, string name, string reason);
}
