using System.Globalization;
using System.Runtime.InteropServices;
using Kobune.Api.Core.V1;

namespace Kobune.Kubelet.Nodes;

/// <summary>Identity and pressure of the machine, from /proc, /sys and /etc.</summary>
internal sealed class SystemFacts
{
    /// <summary>Below these, the node is under pressure: upstream's defaults of hard eviction.</summary>
    private const long MinMemory = 100L << 20;
    private const double MinDiskShare = 0.10;

    public NodeSystemInfo ToNodeInfo(string runtimeVersion) => new()
    {
        MachineID = Read("/etc/machine-id"),
        SystemUUID = Read("/sys/class/dmi/id/product_uuid") is { Length: > 0 } uuid ? uuid : Read("/etc/machine-id"),
        BootID = Read("/proc/sys/kernel/random/boot_id"),
        KernelVersion = Read("/proc/sys/kernel/osrelease"),
        OsImage = OsName(),
        OperatingSystem = "linux",
        Architecture = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64",
        ContainerRuntimeVersion = runtimeVersion,
        KubeletVersion = "v1.36.0",
        KubeProxyVersion = "",
    };

    public (bool Memory, bool Disk, bool Pids) Pressure(string directory)
    {
        var drive = new DriveInfo(directory);
        var available = AvailableMemory();
        var memory = available is > 0 and < MinMemory;
        var disk = drive.AvailableFreeSpace < drive.TotalSize * MinDiskShare;
        return (memory, disk, PidsShort());
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
    private static bool PidsShort()
    {
        var fields = Read("/proc/loadavg").Split(' ');
        return fields.Length > 3
            && long.TryParse(fields[3].Split('/')[^1], CultureInfo.InvariantCulture, out var tasks)
            && long.TryParse(Read("/proc/sys/kernel/pid_max"), CultureInfo.InvariantCulture, out var max)
            && tasks > max * 0.9;
    }

    private static string OsName()
    {
        foreach (var line in File.Exists("/etc/os-release") ? File.ReadLines("/etc/os-release") : [])
        {
            if (line.StartsWith("PRETTY_NAME=", StringComparison.Ordinal))
            {
                return line[12..].Trim('"');
            }
        }

        return "Linux";
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
