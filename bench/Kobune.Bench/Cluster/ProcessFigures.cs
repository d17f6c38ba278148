using System.Globalization;

namespace Kobune.Bench.Cluster;

/// <summary>What a process has used, from /proc.</summary>
/// <param name="Resident">Bytes of memory resident now (VmRSS).</param>
/// <param name="Processor">Processor time since its start.</param>
internal sealed record ProcessFigures(long Resident, TimeSpan Processor)
{
    // USER_HZ, which is 100 on every architecture that Linux has.
    private const double TicksPerSecond = 100;

    /// <summary>The time since the process was started.</summary>
    public static TimeSpan Age(int pid)
    {
        var uptime = double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);
        return TimeSpan.FromSeconds(uptime - (long.Parse(Stat(pid)[19], CultureInfo.InvariantCulture) / TicksPerSecond));
    }

    public static ProcessFigures Of(int pid)
    {
        var resident = File.ReadLines($"/proc/{pid}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        var fields = Stat(pid);
        var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
        return new ProcessFigures(long.Parse(resident, CultureInfo.InvariantCulture) * 1024, TimeSpan.FromSeconds(ticks / TicksPerSecond));
    }

    // The fields after the name in parentheses, which may hold anything.
    private static string[] Stat(int pid)
    {
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    }
}
