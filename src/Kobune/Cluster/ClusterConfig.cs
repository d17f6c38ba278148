using System.Text.Json;
using System.Text.Json.Serialization;
using Kobune.Network;
using Kobune.Proxy;

namespace Kobune.Cluster;

/// <summary>
/// What was decided when the cluster was created. Its <see cref="Index"/> gives it address ranges of its own, so that
/// several clusters run side by side: node network 10.89.I.0/24, Pods 10.(128+I).0.0/16 (10.244.0.0/16 for the first),
/// Services 10.(96+I).0.0/16.
/// </summary>
internal sealed record ClusterConfig
{
    /// <summary>Clusters that fit side by side before their ranges would meet.</summary>
    public const int MaxClusters = 16;

    public required string Name { get; init; }
    public required int Index { get; init; }

    /// <summary>No route out of the node's network: nothing can be pulled but from mirrors on this machine.</summary>
    public bool Isolated { get; init; }

    /// <summary>The registry that is asked first for every image, e.g. http://10.89.0.1:5000; null asks the registries themselves.</summary>
    public string? RegistryMirror { get; init; }

    /// <summary>What the flags of <c>up</c> set about the API server.</summary>
    public Hosting.ApiServerSettings ApiServer { get; init; } = new();

    /// <summary>The addons that were enabled, by name.</summary>
    public IReadOnlyList<string> Addons { get; init; } = [];

    /// <summary>How Services come into the kernel of the nodes.</summary>
    public ProxyMode ProxyMode { get; init; } = ProxyMode.Nftables;

    /// <summary>How packets come from a Pod of one node to a Pod of another.</summary>
    public OverlayMode Overlay { get; init; } = OverlayMode.Vxlan;

    /// <summary>The nodes beside the first one, which is part of every cluster.</summary>
    public IReadOnlyList<ClusterNode> OtherNodes { get => field ?? []; init; }

    /// <summary>All nodes; the control plane runs with the first.</summary>
    [JsonIgnore] public IReadOnlyList<ClusterNode> Nodes => [new ClusterNode(1, NodeName), .. OtherNodes];

    [JsonIgnore] public string NodeName => Name == "kobune" ? "kobune" : $"kobune-{Name}";
    [JsonIgnore] public string Bridge => $"kobune{Index}";
    [JsonIgnore] public string HostAddress => $"10.89.{Index}.1";
    [JsonIgnore] public string NodeAddress => AddressOf(Nodes[0]);
    [JsonIgnore] public string NodeCidr => $"10.89.{Index}.0/24";
    [JsonIgnore] public string PodCidr => Index == 0 ? "10.244.0.0/16" : $"10.{128 + Index}.0.0/16";
    [JsonIgnore] public string ServiceCidr => $"10.{96 + Index}.0.0/16";
    /// <summary>Addresses of load balancers: a part of the node network that the host routes to the node.</summary>
    [JsonIgnore] public string LoadBalancerCidr => $"10.89.{Index}.128/25";
    [JsonIgnore] public string KubernetesServiceAddress => $"10.{96 + Index}.0.1";
    [JsonIgnore] public string DnsServiceAddress => $"10.{96 + Index}.0.10";
    [JsonIgnore] public int ApiPort => 6443;
    [JsonIgnore] public string ApiUrl => $"https://{NodeAddress}:{ApiPort}";
    [JsonIgnore] public string ContextName => Name == "kobune" ? "kobune" : $"kobune-{Name}";

    /// <summary>What has to be known of the cluster's network on a node of it.</summary>
    [JsonIgnore] public NodeNetworkSettings NetworkSettings => new(PodCidr, ServiceCidr, Overlay) { ProxyMode = ProxyMode, Isolated = Isolated, NotMasqueraded = [NodeCidr] };

    public string AddressOf(ClusterNode node) => $"10.89.{Index}.{node.Number + 1}";

    /// <summary>The node's network namespace, below /run/netns. No cluster's name holds a dot, so none meets another's.</summary>
    public string NetworkNamespaceOf(ClusterNode node) => node.Number == 1 ? $"kobune-{Name}" : $"kobune-{Name}.{node.Number}";

    /// <summary>The cluster with nodes added until there are so many. They are named as the first one with a number.</summary>
    /// <exception cref="UserErrorException">There are more already, or it is more than one bridge network holds.</exception>
    public ClusterConfig WithNodes(int count)
    {
        if (count < Nodes.Count)
        {
            throw new UserErrorException($"cluster \"{Name}\" has {Nodes.Count} nodes; take one away with: kobune node remove --name {Name} {Nodes[^1].Name}");
        }
        var grown = this;
        while (grown.Nodes.Count < count)
        {
            grown = grown.WithNode(null);
        }
        return grown;
    }

    /// <summary>The cluster with one node more, which takes the lowest free number.</summary>
    /// <exception cref="UserErrorException">The name is taken, or there is no room.</exception>
    public ClusterConfig WithNode(string? name)
    {
        var number = Enumerable.Range(2, ClusterNode.MaxNumber).Except(OtherNodes.Select(n => n.Number)).Min();
        if (number > ClusterNode.MaxNumber)
        {
            throw new UserErrorException($"a cluster on one machine has at most {ClusterNode.MaxNumber} nodes");
        }
        var node = new ClusterNode(number, name ?? $"{NodeName}-{number}");
        return Nodes.Any(n => n.Name == node.Name)
            ? throw new UserErrorException($"there is a node {node.Name} already")
            : this with { OtherNodes = [.. OtherNodes, node] };
    }

    /// <exception cref="UserErrorException">There is none of that name.</exception>
    public ClusterNode NodeNamed(string name) => Nodes.FirstOrDefault(n => n.Name == name)
        ?? throw new UserErrorException($"cluster \"{Name}\" has no node {name}; it has {string.Join(", ", Nodes.Select(n => n.Name))}");

    public static ClusterConfig? Load(ClusterPaths paths) => File.Exists(paths.Config)
        ? JsonSerializer.Deserialize(File.ReadAllBytes(paths.Config), ClusterConfigJson.Default.ClusterConfig)
        : null;

    public void Save(ClusterPaths paths)
    {
        Directory.CreateDirectory(paths.Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        var temporary = paths.Config + ".tmp";
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(this, ClusterConfigJson.Default.ClusterConfig));
        File.Move(temporary, paths.Config, overwrite: true);
    }

    /// <summary>The lowest index that no cluster on this machine has.</summary>
    /// <exception cref="UserErrorException">All are taken.</exception>
    public static int FreeIndex()
    {
        var taken = ClusterPaths.ExistingClusters().Select(n => Load(new ClusterPaths(n))?.Index).ToHashSet();
        for (var i = 0; i < MaxClusters; i++)
        {
            if (!taken.Contains(i))
            {
                return i;
            }
        }
        throw new UserErrorException($"there are {MaxClusters} clusters on this machine already; remove one with: kobune down --name NAME");
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ClusterConfig))]
internal sealed partial class ClusterConfigJson : JsonSerializerContext;
