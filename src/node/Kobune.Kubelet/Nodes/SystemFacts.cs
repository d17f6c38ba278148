using System.Runtime.InteropServices;
using Kobune.Api.Core.V1;

namespace Kobune.Kubelet.Nodes;

/// <summary>Identity of the machine, from /proc, /sys and /etc.</summary>
internal sealed class SystemFacts
{
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
