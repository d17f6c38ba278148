using Google.Protobuf;
using Kobune.Kubelet.Configuration;
using Kobune.Kubelet.Native;
using Kobune.Kubelet.Pods.Decision;
using Kobune.Kubelet.Resources;
using Kobune.Kubelet.Volumes;
using V1 = Kobune.Cri.V1;

namespace Kobune.Kubelet.Runtime;

/// <summary>What the runtime is told about one container.</summary>
internal sealed class ContainerConfigBuilder(
    KubeletPaths paths, EnvironmentBuilder environment, VolumeManager volumes, MachineFacts machine, TimeProvider time)
{
    /// <param name="pod">Its Pod.</param>
    /// <param name="container">Of the Pod.</param>
    /// <param name="restartCount">Of the new instance.</param>
    /// <param name="imageRef">The image's id, present on the node.</param>
    /// <param name="imageUser">Whom it runs as.</param>
    /// <param name="podAddresses">Of the sandbox.</param>
    /// <param name="targetId">Container whose process namespace an ephemeral one joins.</param>
    /// <param name="cancellation">Gives up waiting for references.</param>
    /// <exception cref="ConfigurationException">Something that the container refers to is missing or forbidden.</exception>
    public async Task<V1.ContainerConfig> BuildAsync(
        PodView pod, ContainerSpec container, int restartCount, string imageRef, ImageUser? imageUser, IReadOnlyList<string> podAddresses, string? targetId, CancellationToken cancellation)
    {
        if (SecurityContexts.NonRootViolation(pod, container, imageUser?.Uid, imageUser?.Name ?? "") is { } violation)
        {
            throw new ConfigurationException(violation);
        }

        var spec = container.Container;
        var env = await environment.BuildAsync(pod, container, podAddresses, cancellation);
        var values = env.ToDictionary(StringComparer.Ordinal);
        var config = new V1.ContainerConfig
        {
            Metadata = new V1.ContainerMetadata { Name = spec.Name, Attempt = (uint)restartCount },
            Image = new V1.ImageSpec { Image = imageRef, UserSpecifiedImage = spec.Image },
            WorkingDir = spec.WorkingDir,
            LogPath = KubeletPaths.ContainerLog(spec.Name, restartCount),
            Stdin = spec.Stdin,
            StdinOnce = spec.StdinOnce,
            Tty = spec.Tty,
            StopSignal = StopSignalOf(spec.Lifecycle?.StopSignal),
            Linux = new V1.LinuxContainerConfig
            {
                Resources = ContainerResources.Build(pod.Pod, spec, machine.MemoryBytes, machine.MayLowerOomScore),
                SecurityContext = SecurityContexts.Container(pod, container, targetId, paths.Seccomp),
            },
        };
        config.Command.Add(spec.Command.Select(c => Expansion.Expand(c, n => values.GetValueOrDefault(n))));
        config.Args.Add(spec.Args.Select(a => Expansion.Expand(a, n => values.GetValueOrDefault(n))));
        config.Envs.Add(env.Select(e => new V1.KeyValue { Key = e.Key, Value = ByteString.CopyFromUtf8(e.Value) }));
        RuntimeLabels.AddPod(config.Labels, pod);
        config.Labels[RuntimeLabels.ContainerName] = spec.Name;
        AddVolumes(pod, container, values, config);
        var messagePath = AddTerminationLog(pod, container, config);
        AddHosts(pod, container, config);
        config.Annotations[RuntimeLabels.Hash] = container.Hash;
        config.Annotations[RuntimeLabels.RestartCount] = restartCount.ToString(null, null);
        config.Annotations[RuntimeLabels.MessagePath] = spec.TerminationMessagePath;
        config.Annotations[RuntimeLabels.MessagePolicy] = spec.TerminationMessagePolicy;
        config.Annotations[RuntimeLabels.MessageHostPath] = messagePath;
        config.Annotations[RuntimeLabels.Grace] = (pod.Pod.Spec.TerminationGracePeriodSeconds ?? 30).ToString(null, null);
        return config;
    }

    private void AddVolumes(PodView pod, ContainerSpec container, Dictionary<string, string> env, V1.ContainerConfig config)
    {
        for (var i = 0; i < container.Container.VolumeMounts.Count; i++)
        {
            var mount = container.Container.VolumeMounts[i];
            var volume = volumes.Find(pod.Uid, mount.Name) ?? throw new ConfigurationException($"cannot find volume \"{mount.Name}\" to mount into container \"{container.Name}\"");
            var source = volume.Path;
            if (mount is { ReadOnly: true, RecursiveReadOnly: "Enabled" })
            {
                throw new ConfigurationException($"volume \"{mount.Name}\" requested recursive read-only mode, but it is not supported by the runtime");
            }

            var subPath = mount.SubPathExpr.Length > 0 ? ExpandSubPath(mount.SubPathExpr, env) : mount.SubPath;
            if (subPath.Length > 0)
            {
                source = BindSubPath(pod, container, i, mount.Name, source, subPath, volume.IsAtomic);
            }
            else if (FileStat.Of(source).Kind == FileKind.Missing)
            {
                // A hostPath of no declared type that does not exist becomes a directory.
                Directory.CreateDirectory(source);
            }

            var path = mount.MountPath.StartsWith('/') ? mount.MountPath : "/" + mount.MountPath;
            config.Mounts.Add(new V1.Mount
            {
                ContainerPath = path,
                HostPath = source,
                Readonly = mount.ReadOnly || volume.IsAtomic || volume.ReadOnly,
                Propagation = mount.MountPropagation switch
                {
                    "HostToContainer" => V1.MountPropagation.PropagationHostToContainer,
                    "Bidirectional" => V1.MountPropagation.PropagationBidirectional,
                    _ => V1.MountPropagation.PropagationPrivate,
                },
            });
        }

        foreach (var device in container.Container.VolumeDevices)
        {
            var volume = volumes.Find(pod.Uid, device.Name) is { IsDevice: true } found ? found : throw new ConfigurationException($"cannot find volume \"{device.Name}\" to pass into container \"{container.Name}\"");
            config.Devices.Add(new V1.Device { ContainerPath = device.DevicePath, HostPath = volume.Path, Permissions = volume.ReadOnly ? "r" : "mrw" });
        }
    }

    private string BindSubPath(PodView pod, ContainerSpec container, int index, string volume, string source, string subPath, bool atomic)
    {
        if (subPath.StartsWith('/') || subPath.Split('/').Contains(".."))
        {
            throw new ConfigurationException($"subPath \"{subPath}\" must be a relative path without '..'");
        }

        try
        {
            return SubPaths.Bind(source, subPath, paths.SubPath(pod.Uid, volume, container.Name, index), atomic);
        }
        catch (IOException e)
        {
            throw new ConfigurationException($"failed to prepare subPath for volumeMount \"{volume}\" of container \"{container.Name}\": {e.Message}");
        }
    }

    private static string ExpandSubPath(string expression, Dictionary<string, string> env)
    {
        string? missing = null;
        var result = Expansion.Expand(expression, n =>
        {
            if (env.TryGetValue(n, out var value))
            {
                return value;
            }

            missing = n;
            return null;
        });
        return missing is null ? result : throw new ConfigurationException($"missing value for \"{missing}\"");
    }

    /// <summary>A fresh file for the instance's termination message, writable by whatever user it runs as.</summary>
    private string AddTerminationLog(PodView pod, ContainerSpec container, V1.ContainerConfig config)
    {
        var path = container.Container.TerminationMessagePath;
        if (path.Length == 0)
        {
            return "";
        }

        var directory = Directory.CreateDirectory(paths.ContainerDirectory(pod.Uid, container.Name)).FullName;
        var file = Path.Combine(directory, Fnv.Hash32($"{config.Metadata.Attempt}/{time.GetTimestamp()}").ToString("x8", null));
        File.WriteAllBytes(file, []);
        Libc.Check(Libc.chmod(file, 0x1B6), $"chmod {file}"); // 0666
        config.Mounts.Add(new V1.Mount { ContainerPath = path, HostPath = file });
        return file;
    }

    private void AddHosts(PodView pod, ContainerSpec container, V1.ContainerConfig config)
    {
        if (container.Container.VolumeMounts.TrueForAll(m => m.MountPath != "/etc/hosts") && File.Exists(paths.EtcHosts(pod.Uid)))
        {
            config.Mounts.Add(new V1.Mount { ContainerPath = "/etc/hosts", HostPath = paths.EtcHosts(pod.Uid) });
        }
    }

    private static V1.Signal StopSignalOf(string? name) =>
        name is { Length: > 0 } && Enum.TryParse<V1.Signal>(name.Replace("+", "PLUS", StringComparison.Ordinal).Replace("-", "MINUS", StringComparison.Ordinal), ignoreCase: true, out var signal)
            ? signal
            : V1.Signal.RuntimeDefault;
}
