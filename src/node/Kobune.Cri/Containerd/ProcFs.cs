using System.Globalization;
using System.Runtime.InteropServices;

namespace Kobune.Cri.Containerd;

/// <summary>Processes as /proc shows them: found by their arguments, so that no pid file can go stale.</summary>
internal static partial class ProcFs
{
    internal const int SigTerm = 15;
    internal const int SigKill = 9;

    /// <summary>The processes that have <paramref name="first"/> directly followed by <paramref name="second"/> among their arguments.</summary>
    internal static List<int> FindByArguments(string first, string second)
    {
        var found = new List<int>();
        foreach (int pid in Pids())
        {
            string[] arguments = Arguments(pid);
            int index = Array.IndexOf(arguments, first);
            if (index >= 0 && index + 1 < arguments.Length && arguments[index + 1] == second)
                found.Add(pid);
        }
        return found;
    }

    internal static List<int> Children(int parent) => [.. Pids().Where(pid => Parent(pid) == parent)];

    /// <summary>False for zombies too: they hold nothing and do nothing.</summary>
    internal static bool IsAlive(int pid) => Stat(pid) is [not ("Z" or "X"), ..];

    internal static void Kill(int pid, int signal) => _ = kill(pid, signal);

    /// <summary>Resident memory in bytes, zero when the process is gone.</summary>
    internal static long ResidentBytes(int pid)
    {
        try
        {
            string[] fields = File.ReadAllText($"/proc/{pid}/statm").Split(' ');
            return long.Parse(fields[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static IEnumerable<int> Pids()
    {
        foreach (string path in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(path.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
                yield return pid;
        }
    }

    private static string[] Arguments(int pid) => Read($"/proc/{pid}/cmdline").Split('\0');

    private static int Parent(int pid) =>
        Stat(pid) is [_, var parent, ..] ? int.Parse(parent, CultureInfo.InvariantCulture) : 0;

    // State, parent, … : what follows the command, which is in parentheses and may contain anything.
    private static string[] Stat(int pid)
    {
        string stat = Read($"/proc/{pid}/stat");
        int end = stat.LastIndexOf(')');
        return end < 0 ? [] : stat[(end + 2)..].Split(' ');
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ""; // it exited meanwhile
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);
}
