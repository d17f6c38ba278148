using System.Globalization;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Microsoft.Extensions.Logging;

namespace Kobune.Kubelet.Resources;

/// <summary>
/// The cgroup that holds a Pod's containers, with the Pod's sums of cpu and memory; cgroup v1 and v2. The runtime makes the
/// containers' own below it. Where the hierarchy cannot be written the containers' own limits still hold.
/// </summary>
internal sealed partial class PodCgroups(string root, TimeProvider time, ILogger<PodCgroups> logger)
{
    private const string Mount = "/sys/fs/cgroup";

    /// <summary>True on the unified hierarchy.</summary>
    private static bool Unified => File.Exists(Mount + "/cgroup.controllers");

    public void Create(Pod pod)
    {
        var parent = PodCgroupNames.Parent(root, pod);
        try
        {
            var (shares, quota, memory) = Sums(pod);
            if (Unified)
            {
                MakeUnified(parent);
                // cpu.weight has 1–10000 where shares have 2–262144.
                Write(Mount + parent, "cpu.weight", 1 + ((shares - 2) * 9999 / 262142));
                Write(Mount + parent, "cpu.max", quota > 0 ? $"{quota.ToString(CultureInfo.InvariantCulture)} 100000" : "max 100000");
                if (memory > 0)
                {
                    Write(Mount + parent, "memory.max", memory);
                }
            }
            else
            {
                Directory.CreateDirectory($"{Mount}/cpu{parent}");
                Write($"{Mount}/cpu{parent}", "cpu.shares", shares);
                if (quota > 0)
                {
                    Write($"{Mount}/cpu{parent}", "cpu.cfs_quota_us", quota);
                }

                if (memory > 0 && Directory.Exists(Mount + "/memory"))
                {
                    Directory.CreateDirectory($"{Mount}/memory{parent}");
                    Write($"{Mount}/memory{parent}", "memory.limit_in_bytes", memory);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotSet(logger, parent, e.Message);
        }
    }

    /// <summary>Sets the Pod's cgroup to new sums.</summary>
    /// <param name="pod">With its resources as granted.</param>
    /// <param name="widenOnly">Leaves limits alone that would become narrower.</param>
    /// <exception cref="IOException">The kernel refuses, as it does a memory limit below what is used.</exception>
    public void Resize(Pod pod, bool widenOnly)
    {
        var parent = PodCgroupNames.Parent(root, pod);
        var (shares, quota, memory) = Sums(pod);
        var cpu = Unified ? Mount + parent : $"{Mount}/cpu{parent}";
        var ram = Unified ? Mount + parent : $"{Mount}/memory{parent}";
        if (Directory.Exists(cpu))
        {
            Write(cpu, Unified ? "cpu.weight" : "cpu.shares", Unified ? 1 + ((shares - 2) * 9999 / 262142) : shares);
            var file = Unified ? "cpu.max" : "cpu.cfs_quota_us";
            var current = Read(cpu, file);
            if (!widenOnly || quota <= 0 || (current > 0 && current < quota))
            {
                Write(cpu, file, Unified ? quota > 0 ? $"{quota.ToString(CultureInfo.InvariantCulture)} 100000" : "max 100000" : (quota > 0 ? quota : -1).ToString(CultureInfo.InvariantCulture));
            }
        }

        if (Directory.Exists(ram))
        {
            var file = Unified ? "memory.max" : "memory.limit_in_bytes";
            var current = Read(ram, file);
            if (!widenOnly || memory <= 0 || (current > 0 && current < memory))
            {
                Write(ram, file, memory > 0 ? memory.ToString(CultureInfo.InvariantCulture) : Unified ? "max" : "-1");
            }
        }
    }

    /// <summary>The first number of a cgroup file; -1 for "max".</summary>
    private static long Read(string directory, string file) =>
        long.TryParse(File.ReadAllText(Path.Combine(directory, file)).Split(' ', '\n')[0], CultureInfo.InvariantCulture, out var value) ? value : -1;

    /// <summary>Removes the Pod's cgroup from every hierarchy; a process that is just dying may hold it for a moment.</summary>
    public async Task RemoveAsync(Pod pod, CancellationToken cancellation)
    {
        var parent = PodCgroupNames.Parent(root, pod);
        var directories = Unified ? [Mount + parent] : Directory.Exists(Mount) ? Directory.GetDirectories(Mount).Select(d => d + parent).Where(Directory.Exists).ToArray() : [];
        for (var attempt = 0; attempt < 5; attempt++)
        {
            directories = [.. directories.Where(d => !TryRemove(d))];
            if (directories.Length == 0)
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20 << attempt), time, cancellation);
        }

        LogNotRemoved(logger, string.Join(' ', directories));
    }

    private static bool TryRemove(string directory)
    {
        if (!Directory.Exists(directory))
        {
            return true;
        }

        foreach (var child in Directory.GetDirectories(directory))
        {
            TryRemove(child);
        }

        // A cgroup's files are not files to delete: rmdir alone removes it.
        return Native.Libc.rmdir(directory) == 0;
    }

    private static void MakeUnified(string parent)
    {
        var path = Mount;
        foreach (var step in parent.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            foreach (var controller in (ReadOnlySpan<string>)["+cpu", "+memory", "+pids", "+cpuset", "+io"])
            {
                try
                {
                    File.WriteAllText(path + "/cgroup.subtree_control", controller);
                }
                catch (IOException)
                {
                    // A controller that the kernel lacks or that is not delegated here.
                }
            }

            path += "/" + step;
            Directory.CreateDirectory(path);
        }
    }

    /// <summary>Sums over what runs at once: app containers and sidecars, or the largest init container if that is more; plus overhead.</summary>
    private static (long Shares, long Quota, long Memory) Sums(Pod pod)
    {
        Quantity cpu = default, cpuLimit = default, memory = default;
        var cpuLimited = true;
        var memoryLimited = true;
        foreach (var container in pod.Spec.Containers.Concat(pod.Spec.InitContainers.Where(i => i.RestartPolicy == "Always")))
        {
            var limits = container.Resources.Limits;
            cpu += container.Resources.Requests.TryGetValue("cpu", out var request) ? request : limits.GetValueOrDefault("cpu");
            cpuLimited &= limits.ContainsKey("cpu");
            memoryLimited &= limits.ContainsKey("memory");
            cpuLimit += limits.GetValueOrDefault("cpu");
            memory += limits.GetValueOrDefault("memory");
        }

        foreach (var init in pod.Spec.InitContainers.Where(i => i.RestartPolicy != "Always"))
        {
            cpu = Quantity.Max(cpu, init.Resources.Requests.GetValueOrDefault("cpu"));
            cpuLimit = Quantity.Max(cpuLimit, init.Resources.Limits.GetValueOrDefault("cpu"));
            memory = Quantity.Max(memory, init.Resources.Limits.GetValueOrDefault("memory"));
            cpuLimited &= init.Resources.Limits.ContainsKey("cpu");
            memoryLimited &= init.Resources.Limits.ContainsKey("memory");
        }

        cpu += pod.Spec.Overhead.GetValueOrDefault("cpu");
        cpuLimit += pod.Spec.Overhead.GetValueOrDefault("cpu");
        memory += pod.Spec.Overhead.GetValueOrDefault("memory");
        return (ContainerResources.Shares(cpu), cpuLimited ? ContainerResources.Quota(cpuLimit) : 0, memoryLimited ? memory.Value : 0);
    }

    private static void Write(string directory, string file, long value) => Write(directory, file, value.ToString(CultureInfo.InvariantCulture));

    private static void Write(string directory, string file, string value) => File.WriteAllText(Path.Combine(directory, file), value);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cgroup {Cgroup} could not be set up: {Reason}")]
    private static partial void LogNotSet(ILogger logger, string cgroup, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cgroup left behind: {Directories}")]
    private static partial void LogNotRemoved(ILogger logger, string directories);
}
