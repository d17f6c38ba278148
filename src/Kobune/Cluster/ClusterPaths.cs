using System.Globalization;

namespace Kobune.Cluster;

/// <summary>Where one local cluster keeps its files. Everything durable is under <see cref="Root"/>, everything else under <see cref="Run"/>.</summary>
internal sealed class ClusterPaths(string name)
{
    /// <summary>The folder of all clusters; KOBUNE_HOME moves it.</summary>
    public static string Home { get; } = Environment.GetEnvironmentVariable("KOBUNE_HOME") ?? "/var/lib/kobune";

    /// <summary>The folder of all that does not outlive a reboot: sockets, pid files, container state.</summary>
    public static string RunHome { get; } = Environment.GetEnvironmentVariable("KOBUNE_RUN") ?? "/run/kobune";

    public string Name { get; } = name;
    public string Root { get; } = Path.Combine(Home, name);
    public string Run { get; } = Path.Combine(RunHome, name);

    public string Config => Path.Combine(Root, "cluster.json");
    public string Pki => Path.Combine(Root, "pki");
    public string Database => Path.Combine(Root, "state.db");
    public string AdminKubeconfig => Path.Combine(Root, "admin.kubeconfig");
    /// <summary>The context that was current in the user's kubeconfig before up made the cluster's the current one.</summary>
    public string ContextBefore => Path.Combine(Root, "context-before");
    /// <summary>The token that the cluster's own further nodes join with.</summary>
    public string JoinToken => Path.Combine(Root, "join-token");

    /// <summary>nginx of the ingress addon: configuration, certificates, pid file, log.</summary>
    public string Ingress => Path.Combine(Root, "ingress");

    /// <summary>The folders of one node. The first node's are the cluster's own.</summary>
    public NodePaths Node(ClusterNode node) => node.Number == 1
        ? new NodePaths(Root, Run, $"/kobune-{Name}")
        : new NodePaths(Path.Combine(Root, "nodes", Number(node)), Path.Combine(Run, "nodes", Number(node)), $"/kobune-{Name}.{node.Number}");

    /// <summary>The clusters that exist on this machine, by name.</summary>
    public static IReadOnlyList<string> ExistingClusters() => !Directory.Exists(Home)
        ? []
        : [.. Directory.EnumerateFiles(Home, "cluster.json", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 })
            .Select(f => Path.GetFileName(Path.GetDirectoryName(f)!)).Order(StringComparer.Ordinal)];

    private static string Number(ClusterNode node) => node.Number.ToString(CultureInfo.InvariantCulture);
}
