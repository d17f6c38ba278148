using System.Globalization;

namespace Kobune.EndToEnd.Harness;

/// <summary>One process; a pid alone may be taken anew, with the start time it is one for ever.</summary>
internal sealed record ProcessIdentity(int Pid, int Parent, string Started, string CommandLine);

/// <summary>The processes of this machine, from /proc.</summary>
internal static class Processes
{
    /// <summary>Those that are a cluster's: they name one of its folders, or descend from one that does.</summary>
    public static IReadOnlyList<ProcessIdentity> Of(string cluster)
    {
        var all = All();
        var own = all.Where(p => p.CommandLine.Contains($"/run/kobune/{cluster}/") || p.CommandLine.Contains($"/var/lib/kobune/{cluster}/") || (p.CommandLine.Contains(" daemon ") && p.CommandLine.EndsWith($" --name {cluster}")))
            .ToDictionary(p => p.Pid);
        for (var grown = true; grown;)
        {
            grown = false;
            foreach (var child in all.Where(p => !own.ContainsKey(p.Pid) && own.ContainsKey(p.Parent)))
            {
                own.Add(child.Pid, child);
                grown = true;
            }
        }
        return [.. own.Values];
    }

    public static IReadOnlyList<ProcessIdentity> All() =>
        [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(n => char.IsAsciiDigit(n![0])).Select(n => Read(n!)).OfType<ProcessIdentity>()];

    private static ProcessIdentity? Read(string pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            // After the name in parentheses: state, parent, … and as the 20th the start time.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return new ProcessIdentity(
                int.Parse(pid, CultureInfo.InvariantCulture), int.Parse(fields[1], CultureInfo.InvariantCulture), fields[19],
                File.ReadAllText($"/proc/{pid}/cmdline").Replace('\0', ' ').Trim());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
