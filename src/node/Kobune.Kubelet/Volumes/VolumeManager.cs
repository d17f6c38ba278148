using System.Globalization;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Kubelet.Native;
using Kobune.Kubelet.Pods.Decision;
using Kobune.Kubelet.Volumes.Csi;
using Microsoft.Extensions.Logging;

namespace Kobune.Kubelet.Volumes;

/// <summary>Makes the volumes of Pods, keeps those that come from the API up to date, and takes them down.</summary>
internal sealed partial class VolumeManager(
    KubeletPaths paths, Payloads payloads, ServiceAccountTokens tokens, PersistentVolumes persistent, NfsMounts nfs, CsiVolumes csi,
    Func<IReadOnlyDictionary<string, Quantity>> allocatable, TimeProvider time, ILogger logger)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, PodVolumes> _pods = [];

    /// <summary>Makes every volume of the Pod; may be called again at any time.</summary>
    /// <exception cref="AggregateException">Of <see cref="VolumeException"/>, one for each volume that failed.</exception>
    public async Task SetUpAsync(PodView pod, CancellationToken cancellation)
    {
        var state = StateOf(pod);
        await state.Turn.WaitAsync(cancellation);
        try
        {
            state.Pod = pod;
            var failures = new List<Exception>();
            await Task.WhenAll(pod.Pod.Spec.Volumes.Select(async volume =>
            {
                try
                {
                    state.Mounted[volume.Name] = await SetUpOneAsync(pod, volume, cancellation);
                }
                catch (VolumeException e)
                {
                    lock (failures)
                    {
                        failures.Add(e);
                    }
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException or KubeStatusException)
                {
                    lock (failures)
                    {
                        failures.Add(new VolumeException(volume.Name, e.Message));
                    }
                }
            }));
            if (failures.Count > 0)
            {
                throw new AggregateException(failures);
            }

            state.Ready = true;
        }
        finally
        {
            state.Turn.Release();
        }
    }

    /// <summary>Where a volume of a Pod is on the node; null when it has not been made.</summary>
    public MountedVolume? Find(string podUid, string volume)
    {
        lock (_lock)
        {
            return _pods.TryGetValue(podUid, out var state) ? state.Mounted.GetValueOrDefault(volume) : null;
        }
    }

    /// <summary>Rewrites the files that come from the API, as after a change of a ConfigMap or of the Pod's labels.</summary>
    public async Task RefreshAsync(string podUid, PodView? newer, CancellationToken cancellation)
    {
        PodVolumes? state;
        lock (_lock)
        {
            if (!_pods.TryGetValue(podUid, out state) || !state.Ready)
            {
                return;
            }
        }

        await state.Turn.WaitAsync(cancellation);
        try
        {
            state.Pod = newer ?? state.Pod;
            foreach (var volume in state.Pod.Pod.Spec.Volumes.Where(v => !state.Gone && IsAtomic(v)))
            {
                await SetUpOneAsync(state.Pod, volume, cancellation);
            }
        }
        catch (Exception e) when (e is VolumeException or IOException or KubeStatusException)
        {
            // What a running Pod has mounted stays as it is when its source disappears.
            LogRefreshFailed(logger, podUid, e.Message);
        }
        finally
        {
            state.Turn.Release();
        }
    }

    /// <summary>Pods that have a volume with content of this object.</summary>
    public IReadOnlyList<string> PodsWith(string kind, string ns, string name)
    {
        lock (_lock)
        {
            return [.. _pods.Values.Where(p => p.Pod.Namespace == ns && p.Pod.Pod.Spec.Volumes.Any(v => Uses(v, kind, name))).Select(p => p.Pod.Uid)];
        }
    }

    /// <summary>Pods with a token that should be renewed.</summary>
    public IReadOnlyList<string> DueForTokens(DateTimeOffset now) => tokens.Due(now);

    /// <summary>Unmounts and deletes everything of a Pod on disk; harmless when there is nothing.</summary>
    public async Task TearDownAsync(string podUid, CancellationToken cancellation)
    {
        PodVolumes? state;
        lock (_lock)
        {
            _pods.Remove(podUid, out state);
        }

        tokens.Forget(podUid);
        if (state is not null)
        {
            await state.Turn.WaitAsync(cancellation);
            state.Gone = true;
            state.Turn.Release();
        }

        var directory = paths.Pod(podUid);
        if (Directory.Exists(directory))
        {
            await csi.TearDownAsync(podUid, cancellation);
            Mounts.DetachBelow(directory);
            Directory.Delete(directory, recursive: true);
        }
    }

    private PodVolumes StateOf(PodView pod)
    {
        lock (_lock)
        {
            if (!_pods.TryGetValue(pod.Uid, out var state))
            {
                _pods[pod.Uid] = state = new PodVolumes(pod);
            }

            return state;
        }
    }

    private async Task<MountedVolume> SetUpOneAsync(PodView pod, Volume volume, CancellationToken cancellation)
    {
        var group = pod.Pod.Spec.SecurityContext?.FsGroup is { } fsGroup ? (uint)fsGroup : (uint?)null;
        if (volume.HostPath is { } host)
        {
            return HostPathCheck.Ensure(host.Path, host.Type) is { } problem ? throw new VolumeException(volume.Name, problem) : new MountedVolume(host.Path);
        }

        if (volume.EmptyDir is { } empty)
        {
            return new MountedVolume(EmptyDir(pod, volume.Name, empty, group));
        }

        if (ClaimResolver.ClaimOf(pod, volume) is not null)
        {
            return await persistent.SetUpAsync(pod, volume, cancellation);
        }

        if (volume.Csi is { } inline)
        {
            return await csi.SetUpAsync(pod, CsiSource.Inline(pod, volume.Name, inline), cancellation);
        }

        if (volume.Nfs is { } export)
        {
            return await nfs.MountAsync(pod, volume.Name, export, [], cancellation);
        }

        var files = await payloads.BuildAsync(pod, volume, cancellation) ?? throw new VolumeException(volume.Name, Unsupported(volume));
        var plugin = volume.ConfigMap is not null ? "configmap" : volume.Secret is not null ? "secret" : volume.DownwardAPI is not null ? "downward-api" : "projected";
        var directory = Directory.CreateDirectory(paths.Volume(pod.Uid, plugin, volume.Name)).FullName;
        if (plugin is "secret" or "projected")
        {
            // Secrets never touch the disk.
            Mounts.Tmpfs(directory, "mode=0755,size=67108864");
        }

        Libc.Check(Libc.chmod(directory, 0x1FF), $"chmod {directory}"); // 0777: the files carry the protection
        AtomicWriter.Write(directory, files, time.GetUtcNow(), group);
        return new MountedVolume(directory, IsAtomic: true);
    }

    private string EmptyDir(PodView pod, string name, EmptyDirVolumeSource source, uint? group)
    {
        var directory = paths.Volume(pod.Uid, "empty-dir", name);
        var fresh = !Directory.Exists(directory);
        Directory.CreateDirectory(directory);
        if (source.Medium == "Memory")
        {
            var size = MemorySize(pod, source);
            Mounts.Tmpfs(directory, "mode=0777" + (size > 0 ? ",size=" + size.ToString(CultureInfo.InvariantCulture) : ""));
        }
        else if (source.Medium.StartsWith("HugePages", StringComparison.Ordinal))
        {
            Mounts.HugePages(directory, source.Medium);
        }

        if (fresh)
        {
            Libc.Check(Libc.chmod(directory, 0x1FF), $"chmod {directory}");
            if (group is { } gid)
            {
                Ownership.Apply(directory, gid, readOnly: false);
            }
        }

        return directory;
    }

    /// <summary>The least of what the node can give, what the Pod's containers may use together, and what the volume itself allows.</summary>
    private long MemorySize(PodView pod, EmptyDirVolumeSource source)
    {
        long[] limits =
        [
            allocatable().GetValueOrDefault("memory").Value,
            pod.Apps.All(c => c.Container.Resources.Limits.ContainsKey("memory")) ? pod.Apps.Sum(c => c.Container.Resources.Limits["memory"].Value) : 0,
            source.SizeLimit?.Value ?? 0,
        ];
        return limits.Where(l => l > 0).DefaultIfEmpty().Min();
    }

    private static bool IsAtomic(Volume volume) =>
        volume.ConfigMap is not null || volume.Secret is not null || volume.DownwardAPI is not null || volume.Projected is not null;

    private static string Unsupported(Volume volume) =>
        volume.Image is null ? "no volume plugin matched" : "image volumes need a runtime that mounts them (containerd 2.1 or newer)";

    private static bool Uses(Volume volume, string kind, string name) => kind switch
    {
        "ConfigMap" => volume.ConfigMap?.Name == name || volume.Projected?.Sources.Any(s => s.ConfigMap?.Name == name) == true,
        "Secret" => volume.Secret?.SecretName == name || volume.Projected?.Sources.Any(s => s.Secret?.Name == name) == true,
        _ => false,
    };

    private sealed class PodVolumes(PodView pod)
    {
        public PodView Pod { get; set; } = pod;
        public System.Collections.Concurrent.ConcurrentDictionary<string, MountedVolume> Mounted { get; } = new(StringComparer.Ordinal);
        /// <summary>One at a time: the atomic swap is atomic for readers, not between writers.</summary>
        public SemaphoreSlim Turn { get; } = new(1, 1);
        public bool Ready { get; set; }
        public bool Gone { get; set; }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Volumes of Pod {Uid} were not brought up to date: {Reason}")]
    private static partial void LogRefreshFailed(ILogger logger, string uid, string reason);
}
