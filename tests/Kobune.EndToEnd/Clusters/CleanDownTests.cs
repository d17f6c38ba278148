using Kobune.EndToEnd.Harness;

namespace Kobune.EndToEnd.Clusters;

/// <summary>A cluster comes, runs a Pod, and goes: the machine is as it was.</summary>
public sealed class CleanDownTests(TestCluster cluster) : ClusterTest(cluster), IAsyncLifetime
{
    private const string Name = "e2edown";

    private const string SomeKubeconfig = """
        apiVersion: v1
        kind: Config
        current-context: elsewhere
        clusters:
        - name: far
          cluster:
            server: https://far.example:6443
        users:
        - name: me
          user:
            token: abc
        contexts:
        - name: elsewhere
          context:
            cluster: far
            user: me

        """;

    private readonly string _home = Directory.CreateTempSubdirectory("kobune-e2e-down-").FullName;

    private string Kubeconfig => Path.Combine(_home, "config");

    private Dictionary<string, string> Surroundings => new(Cluster.Environment) { ["KUBECONFIG"] = Kubeconfig };

    public async ValueTask InitializeAsync()
    {
        await KobuneAsync("down", "--purge");
        await File.WriteAllTextAsync(Kubeconfig, SomeKubeconfig);
    }

    public async ValueTask DisposeAsync()
    {
        await KobuneAsync("down", "--purge");
        Directory.Delete(_home, recursive: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Down_with_purge_leaves_the_machine_as_it_was()
    {
        var before = await MachineState.TakeAsync(_home, Cluster.Name);

        (await KobuneAsync("up")).Succeeded();
        var context = $"kobune-{Name}";
        (await Shell.RunAsync("kubectl", ["--context", context, "run", "stays", "--image=kobune/busybox:1", "--", "sleep", "3600"], Surroundings)).Succeeded();
        (await Shell.RunAsync("kubectl", ["--context", context, "wait", "--for=condition=Ready", "pod/stays", "--timeout=60s"], Surroundings)).Succeeded();
        var during = await MachineState.TakeAsync(_home, Cluster.Name);
        var processes = Processes.Of(Name);
        AssertThatTheSnapshotsSeeTheCluster(before, during, processes);

        (await KobuneAsync("down", "--purge")).Succeeded();

        var after = await MachineState.TakeAsync(_home, Cluster.Name);
        Assert.All(before.Parts, part => Assert.Equal(before[part], after[part]));
        Assert.Empty(processes.Intersect(Processes.All()));
        Assert.Empty(Processes.Of(Name));
        Assert.Equal(
            SomeKubeconfig.Where(c => !char.IsWhiteSpace(c)).Order(),
            (await File.ReadAllTextAsync(Kubeconfig)).Where(c => !char.IsWhiteSpace(c)).Order());
    }

    [Fact]
    public async Task Down_removes_the_kubeconfig_that_up_made()
    {
        File.Delete(Kubeconfig);
        (await KobuneAsync("up")).Succeeded();
        Assert.True(File.Exists(Kubeconfig));
        (await KobuneAsync("down", "--purge")).Succeeded();
        Assert.False(File.Exists(Kubeconfig));
        Assert.False(Directory.Exists($"/var/lib/kobune/{Name}"));
    }

    // A comparison that sees no difference while the cluster is up would prove nothing.
    private static void AssertThatTheSnapshotsSeeTheCluster(MachineState before, MachineState during, IReadOnlyList<ProcessIdentity> processes)
    {
        foreach (var part in (string[])["links", "routes", "network namespaces", "nft rules", "mounts", "cgroups", "files"])
        {
            Assert.NotEqual(before[part], during[part]);
        }
        Assert.Contains(processes, p => p.CommandLine.Contains("containerd-shim"));
        Assert.Contains(processes, p => p.CommandLine.Contains("sleep 3600"));
    }

    private Task<Finished> KobuneAsync(string verb, params string[] arguments) => Shell.RunAsync(
        Path.Combine(TestCluster.RepositoryRoot, "kobune"), [verb, "--name", Name, .. arguments], Surroundings);
}
