using System.Globalization;

namespace Kobune.Kubelet.Runtime;

/// <summary>What the machine is and has; read once.</summary>
internal sealed record MachineFacts
{
    public required long MemoryBytes { get; init; }
    public required int Cpus { get; init; }
    public required bool MayLowerOomScore { get; init; }

    public static MachineFacts Read(bool? mayLowerOomScore)
    {
        var memory = 0L;
        foreach (var line in File.ReadLines("/proc/meminfo"))
        {
            if (line.StartsWith("MemTotal:", StringComparison.Ordinal))
            {
                memory = long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
                break;
            }
        }

        return new MachineFacts { MemoryBytes = memory, Cpus = Environment.ProcessorCount, MayLowerOomScore = mayLowerOomScore ?? HasResourceCapability() };
    }

    /// <summary>CAP_SYS_RESOURCE (bit 24), without which an oom_score_adj can only be raised.</summary>
    private static bool HasResourceCapability()
    {
        foreach (var line in File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith("CapEff:", StringComparison.Ordinal))
            {
                return (ulong.Parse(line.AsSpan(7).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & (1UL << 24)) != 0;
            }
        }

        return false;
    }
}
