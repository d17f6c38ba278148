using Kobune.Cluster;
using Kobune.Network;

namespace Kobune.Tests.Cluster;

public sealed class ClusterConfigTests : IDisposable
{
    private static readonly ClusterConfig Dev = new() { Name = "dev", Index = 3 };
    private readonly string _folder = Directory.CreateTempSubdirectory("kobune-config-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Nodes_get_names_addresses_and_namespaces_by_their_number()
    {
        var config = Dev.WithNodes(3);
        Assert.Equal(["kobune-dev", "kobune-dev-2", "kobune-dev-3"], config.Nodes.Select(n => n.Name));
        Assert.Equal(["10.89.3.2", "10.89.3.3", "10.89.3.4"], config.Nodes.Select(config.AddressOf));
        Assert.Equal(["kobune-dev", "kobune-dev.2", "kobune-dev.3"], config.Nodes.Select(config.NetworkNamespaceOf));
    }

    [Fact]
    public void A_removed_nodes_number_is_free_again()
    {
        var config = Dev.WithNodes(3);
        config = config with { OtherNodes = [.. config.OtherNodes.Where(n => n.Number != 2)] };
        Assert.Equal(new ClusterNode(2, "spare"), config.WithNode("spare").Nodes[^1]);
    }

    [Fact]
    public void A_cluster_does_not_shrink_by_itself_and_names_are_taken_once()
    {
        Assert.Contains("node remove", Assert.Throws<UserErrorException>(() => Dev.WithNodes(3).WithNodes(2)).Message);
        Assert.Throws<UserErrorException>(() => Dev.WithNode("kobune-dev"));
        Assert.Throws<UserErrorException>(() => Dev.NodeNamed("nobody"));
        Assert.Throws<UserErrorException>(() => Dev.WithNodes(ClusterNode.MaxNumber + 1));
    }

    [Fact]
    public void The_longest_names_still_make_a_socket()
    {
        var paths = new ClusterPaths(new string('x', 32));
        var node = new ClusterNode(ClusterNode.MaxNumber, "x");
        Assert.InRange((paths.Node(node).ContainerdSocket + ".ttrpc").Length, 1, 107);
    }

    [Fact]
    public void It_is_read_as_it_was_written_and_files_of_before_hold_one_node()
    {
        var file = Path.Combine(_folder, "cluster.json");
        var written = Dev.WithNodes(2) with { Overlay = OverlayMode.HostGateway };
        File.WriteAllBytes(file, System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(written, ClusterConfigJson.Default.ClusterConfig));
        var read = System.Text.Json.JsonSerializer.Deserialize(File.ReadAllBytes(file), ClusterConfigJson.Default.ClusterConfig)!;
        Assert.Equal(written.Nodes, read.Nodes);
        Assert.Equal(OverlayMode.HostGateway, read.Overlay);

        var old = System.Text.Json.JsonSerializer.Deserialize("""{"Name":"old","Index":1,"Isolated":true}""", ClusterConfigJson.Default.ClusterConfig)!;
        Assert.Equal([new ClusterNode(1, "kobune-old")], old.Nodes);
        Assert.Equal(OverlayMode.Vxlan, old.Overlay);
    }
}
