using System.Globalization;

namespace Kobune.Cri.Containerd;

/// <summary>What this process, and so its children, may do.</summary>
public static class LinuxCapabilities
{
    private const int SysResource = 24;

    /// <summary>CAP_SYS_RESOURCE: without it the kernel refuses to lower an oom_score_adj, and runc fails on negative ones.</summary>
    public static bool MayLowerOomScore() => Has(File.ReadAllLines("/proc/self/status"), SysResource);

    internal static bool Has(IEnumerable<string> status, int capability)
    {
        const string field = "CapEff:";
        string? line = status.FirstOrDefault(l => l.StartsWith(field, StringComparison.Ordinal));
        return line is not null
            && ulong.TryParse(line.AsSpan(field.Length).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong mask)
            && (mask >> capability & 1) != 0;
    }
}
