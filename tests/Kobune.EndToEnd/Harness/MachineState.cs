namespace Kobune.EndToEnd.Harness;

/// <summary>What a cluster may change on a machine, each thing as sorted lines under its name.</summary>
internal sealed class MachineState
{
    private static readonly string[] Folders =
        ["/var/lib/kobune", "/run/kobune", "/run/netns", "/var/log/pods", "/var/log/containers", "/etc/cni", "/opt/cni", "/var/lib/cni", "/run/containerd", "/var/lib/containerd"];

    private static readonly string[] Settings =
        ["net/ipv4/ip_forward", "net/ipv4/conf/all/route_localnet", "vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops", "kernel/keys/root_maxkeys"];

    private readonly Dictionary<string, string> _parts = [];

    public IEnumerable<string> Parts => _parts.Keys;

    public string this[string part] => _parts[part];

    /// <summary>What is there now and was not before. What another cluster's Pods left behind may have gone meanwhile.</summary>
    public IEnumerable<string> AddedSince(MachineState before) => Parts.SelectMany(p => this[p].Split('\n').Except(before[p].Split('\n')).Select(l => $"{p}: {l}"));

    /// <summary>Looks at everything now. The folders of other clusters are theirs to change and left out.</summary>
    public static async Task<MachineState> TakeAsync(string home, params string[] otherClusters)
    {
        var state = new MachineState();
        state.Add("links", await LinesAsync("ip", "-o", "-br", "link"));
        state.Add("routes", await LinesAsync("ip", "-o", "route"));
        state.Add("network namespaces", await LinesAsync("ip", "netns", "list"));
        state.Add("nft rules", await LinesAsync("nft", "list", "ruleset"));
        state.Add("mounts", File.ReadLines("/proc/self/mountinfo").Select(l => l.Split(' ')[4]).Where(IsOurs));
        state.Add("cgroups", Cgroups().Where(path => !otherClusters.Any(c => path.Contains($"/kobune-{c}/"))));
        state.Add("files", Folders.Append(home).Where(Directory.Exists).SelectMany(f => Directory.EnumerateFileSystemEntries(f, "*", new EnumerationOptions
        {
            RecurseSubdirectories = true,
            IgnoreInaccessible = true,
            AttributesToSkip = FileAttributes.ReparsePoint,
        }).Append(f)).Where(IsOurs));
        state.Add("settings", Settings.Where(s => File.Exists("/proc/sys/" + s)).Select(s => $"{s}={File.ReadAllText("/proc/sys/" + s).Trim()}"));
        return state;

        // The two folders in which the shims of every containerd put their sockets: whoever comes first makes them, whoever finds
        // them empty may take them away. What is in them counts.
        bool IsOurs(string path) => path is not ("/run/containerd" or "/run/containerd/s") && !otherClusters.Any(c => path.StartsWith($"/var/lib/kobune/{c}/") || path.StartsWith($"/run/kobune/{c}/"));
    }

    // All but those beside which this test itself runs (user.slice, or a container's): sessions come and go there, clusters
    // make theirs at the root.
    private static IEnumerable<string> Cgroups()
    {
        var sessions = File.ReadLines("/proc/self/cgroup").Select(l => l.Split(':', 3)[2].Split('/')[1]).Where(n => n.Length > 0).ToHashSet();
        return Directory.EnumerateDirectories("/sys/fs/cgroup", "*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true })
            .Where(path => !path.Split('/').Skip(4).Take(2).Any(sessions.Contains));
    }

    private void Add(string part, IEnumerable<string> lines) => _parts[part] = string.Join('\n', lines.Order(StringComparer.Ordinal));

    private static async Task<string[]> LinesAsync(string program, params string[] arguments) =>
        (await Shell.RunAsync(program, arguments)).Succeeded().Output.TrimEnd('\n').Split('\n');
}
