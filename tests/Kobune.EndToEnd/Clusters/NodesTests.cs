using Kobune.EndToEnd.Harness;

namespace Kobune.EndToEnd.Clusters;

/// <summary>Three nodes on one machine: Pods of all reach each other, agents may die, nodes come and go, and nothing stays.</summary>
public sealed class NodesTests(TestCluster cluster) : ClusterTest(cluster), IAsyncLifetime
{
    private const string Name = "e2enodes";
    private const string Node = "kobune-" + Name;

    private const string Identity =
        "jsonpath={range .items[*]}{.metadata.name} {.status.podIP} {.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount}{\"\\n\"}{end}";

    private const string Web = """
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: { name: web }
        spec:
          selector: { matchLabels: { app: web } }
          template:
            metadata: { labels: { app: web } }
            spec:
              terminationGracePeriodSeconds: 1
              containers:
              - name: web
                image: kobune/busybox:1
                command: [sh, -c, "mkdir -p /www; hostname > /www/index.html; exec httpd -f -p 80 -h /www"]
        """;

    private readonly string _home = Directory.CreateTempSubdirectory("kobune-e2e-nodes-").FullName;

    private Dictionary<string, string> Surroundings => new(Cluster.Environment) { ["KUBECONFIG"] = Path.Combine(_home, "config") };

    public async ValueTask InitializeAsync() => await KobuneAsync("down", "--purge");

    public async ValueTask DisposeAsync()
    {
        await KobuneAsync("down", "--purge");
        Directory.Delete(_home, recursive: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Three_nodes_are_one_cluster()
    {
        var before = await MachineState.TakeAsync(_home, Cluster.Name);
        (await KobuneAsync("up", "--isolated", "--nodes", "3")).Succeeded();
        Assert.Equal([Node, Node + "-2", Node + "-3"], (await OnNodesAsync("get", "nodes", "-o", "jsonpath={.items[*].metadata.name}")).Split(' '));
        (await Shell.RunAsync("kubectl", ["apply", "-f", "-"], Surroundings, input: Web)).Succeeded();
        await OnNodesAsync("rollout", "status", "daemonset/web", "--timeout=60s");

        await PodsReachEachOtherInVxlanAsync();
        await KilledAgentsFindTheirContainersAsync();
        await NodesComeAndGoAsync();

        (await KobuneAsync("down", "--purge")).Succeeded();
        var after = await MachineState.TakeAsync(_home, Cluster.Name);
        Assert.Empty(after.AddedSince(before));
        Assert.Empty(Processes.Of(Name));
    }

    private async Task PodsReachEachOtherInVxlanAsync()
    {
        var (second, third) = (await PodAsync(Node + "-2"), await PodAsync(Node + "-3"));
        // The path that document 003 describes in 3.1: the packet of one Pod inside a UDP packet of its node to the other's.
        using var capture = Shell.Start("nsenter", [$"--net=/run/netns/{Node}.2", "tcpdump", "-nn", "-l", "-i", "eth0", "udp", "port", "4789"]);
        await capture.Error.WaitForAsync(t => t.Contains("listening on"), Soon);
        Assert.Contains(third.Name, await FetchAsync(second.Name, third.Address));
        var packets = await capture.Output.WaitForAsync(t => t.Contains($"{third.Address}.80"), Soon);
        Assert.Matches(@"IP 10\.89\.\d+\.3\.\d+ > 10\.89\.\d+\.4\.4789: VXLAN, flags \[I\] \(0x08\), vni 1", packets);
        Assert.Matches($@"IP {second.Address.Replace(".", "\\.")}\.\d+ > {third.Address.Replace(".", "\\.")}\.80", packets);

        var first = await PodAsync(Node);
        Assert.Contains(second.Name, await FetchAsync(first.Name, second.Address));
        Assert.Contains(first.Name, await FetchAsync(third.Name, first.Address));
        // The host sees every node's Pods, under their own addresses and its own.
        Assert.Contains(third.Name, await CurlAsync($"http://{third.Address}/"));
        // An address that nobody has is not sent anywhere.
        Assert.Contains("unreachable", (await KobuneAsync("ssh", Node + "-2", "--", "ip", "route", "show", "type", "unreachable")).Output);
    }

    private async Task KilledAgentsFindTheirContainersAsync()
    {
        var identities = await OnNodesAsync("get", "pods", "-l", "app=web", "-o", Identity);
        foreach (var folder in (string[])["", "/nodes/2", "/nodes/3"])
        {
            (await Shell.RunAsync("kill", ["-9", await File.ReadAllTextAsync($"/run/kobune/{Name}{folder}/kobune.pid")])).Succeeded();
        }
        (await KobuneAsync("up")).Succeeded();
        Assert.Equal(identities, await OnNodesAsync("get", "pods", "-l", "app=web", "-o", Identity));
        Assert.Equal(3, (await KobuneAsync("status")).Succeeded().Output.Split('\n').Count(l => l.Contains("node: ") && l.Contains(" Ready")));
    }

    private async Task NodesComeAndGoAsync()
    {
        (await KobuneAsync("node add")).Succeeded();
        await OnNodesAsync("rollout", "status", "daemonset/web", "--timeout=60s");
        var (first, fourth) = (await PodAsync(Node), await PodAsync(Node + "-4"));
        await Wait.UntilAsync(
            async () => (await FetchAsync(first.Name, fourth.Address)).Contains(fourth.Name), Soon, () => $"{first} does not reach {fourth}");

        (await KobuneAsync("node remove", Node + "-4")).Succeeded();
        Assert.DoesNotContain(Node + "-4", await OnNodesAsync("get", "nodes", "-o", "name"));
        Assert.False(File.Exists($"/run/netns/{Node}.4"));
        Assert.DoesNotContain(Processes.Of(Name), p => p.CommandLine.Contains("/nodes/4/"));
    }

    private async Task<(string Name, string Address)> PodAsync(string node)
    {
        var words = (await OnNodesAsync("get", "pods", "-l", "app=web", "--field-selector", "spec.nodeName=" + node, "-o", "jsonpath={.items[0].metadata.name} {.items[0].status.podIP}")).Split(' ');
        return (words[0], words[1]);
    }

    private async Task<string> FetchAsync(string pod, string address) =>
        (await Shell.RunAsync("kubectl", ["exec", pod, "--", "sh", "-c", $"printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 3 {address} 80"], Surroundings)).Output;

    private async Task<string> OnNodesAsync(params string[] arguments) => (await Shell.RunAsync("kubectl", arguments, Surroundings)).Succeeded().Output;

    private Task<Finished> KobuneAsync(string verb, params string[] arguments) => Shell.RunAsync(
        Path.Combine(TestCluster.RepositoryRoot, "kobune"), [.. verb.Split(' '), "--name", Name, .. arguments], Surroundings, limit: TimeSpan.FromMinutes(8));
}
