using System.Globalization;
using Kobune.Kubelet.Native;

namespace Kobune.Kubelet.Eviction;

/// <summary>A threshold that was crossed, as messages name it.</summary>
internal sealed record Crossed(string Signal, string Resource, string Threshold, string Available);

/// <summary>Measures what the node has left, against the thresholds.</summary>
internal sealed class NodeSignals(KubeletOptions options)
{
    public IReadOnlyList<Crossed> Read()
    {
        var result = new List<Crossed>();
        var thresholds = options.Eviction;
        if (AvailableMemory() is { } memory && memory < thresholds.MemoryAvailable)
        {
            result.Add(new Crossed("memory.available", "memory", $"{thresholds.MemoryAvailable / 1024}Ki", $"{memory / 1024}Ki"));
        }

        var disk = FileSystemSpace.Of(options.RootDirectory);
        Share("nodefs.available", "ephemeral-storage", disk.AvailableBytes, disk.TotalBytes, thresholds.NodeFsAvailable);
        Share("nodefs.inodesFree", "inodes", disk.FreeInodes, disk.TotalInodes, thresholds.NodeFsInodesFree);
        if (Pids() is { } pids)
        {
            Share("pid.available", "pids", pids.Max - pids.Used, pids.Max, thresholds.PidAvailable);
        }

        return result;

        void Share(string signal, string resource, long free, long whole, double share)
        {
            // Some file systems count no inodes.
            if (whole > 0 && free < whole * share)
            {
                result.Add(new Crossed(signal, resource, ((long)(whole * share)).ToString(CultureInfo.InvariantCulture), free.ToString(CultureInfo.InvariantCulture)));
            }
        }
    }

    private static long? AvailableMemory()
    {
        foreach (var line in File.ReadLines("/proc/meminfo"))
        {
            if (line.StartsWith("MemAvailable:", StringComparison.Ordinal))
            {
                return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
            }
        }

        return null;
    }

    /// <summary>/proc/loadavg has running/total tasks as its fourth field.</summary>
    private static (long Used, long Max)? Pids()
    {
        var fields = File.ReadAllText("/proc/loadavg").Split(' ');
        return fields.Length > 3
            && long.TryParse(fields[3].Split('/')[^1], CultureInfo.InvariantCulture, out var tasks)
            && long.TryParse(File.ReadAllText("/proc/sys/kernel/pid_max"), CultureInfo.InvariantCulture, out var max)
            ? (tasks, max)
            : null;
    }
}
