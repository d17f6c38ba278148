namespace Kobune.EndToEnd.Harness;

/// <summary>One cluster for all tests, which therefore run one after the other.</summary>
[CollectionDefinition(nameof(ClusterCollection))]
public sealed class ClusterCollection : ICollectionFixture<TestCluster>;

/// <summary>A test that needs the cluster; skipped, with the reason, where none can be made.</summary>
[Collection(nameof(ClusterCollection))]
public abstract class ClusterTest
{
    protected static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    protected ClusterTest(TestCluster cluster)
    {
        Assert.SkipWhen(TestCluster.Unavailable is not null, TestCluster.Unavailable ?? "");
        Cluster = cluster;
    }

    protected TestCluster Cluster { get; }

    /// <summary>What kubectl printed; it must have succeeded.</summary>
    internal async Task<string> KubectlAsync(params string[] arguments) =>
        (await Shell.RunAsync("kubectl", arguments, Cluster.Environment)).Succeeded().Output;

    /// <summary>Applies a manifest from standard input.</summary>
    internal async Task ApplyAsync(string manifest) =>
        (await Shell.RunAsync("kubectl", ["apply", "-f", "-"], Cluster.Environment, input: manifest)).Succeeded();

    /// <summary>Waits until what kubectl prints fulfils the condition.</summary>
    internal async Task<string> UntilAsync(Func<string, bool> condition, TimeSpan limit, params string[] arguments)
    {
        var last = new Finished(-1, "", "");
        await Wait.UntilAsync(
            async () => (last = await Shell.RunAsync("kubectl", arguments, Cluster.Environment)).ExitCode == 0 && condition(last.Output),
            limit, () => $"kubectl {string.Join(' ', arguments)} prints: {last.All}");
        return last.Output;
    }

    /// <summary>The page at an address as this machine sees it.</summary>
    internal static async Task<string> CurlAsync(string url) => (await Shell.RunAsync("curl", ["-sS", "--max-time", "5", url])).Succeeded().Output;
}
