using Kobune.Api.Core.V1;
using Kobune.Api.Discovery.V1;
using Kobune.Proxy.Iptables;
using Kobune.Proxy.Nftables;
using Kobune.Proxy.Services;

namespace Kobune.Proxy.Tests.Golden;

/// <summary>
/// Cases/NAME/input.yaml beside the rules that it gives: expected.nft and expected.iptables. KOBUNE_GOLDEN=FOLDER writes what
/// came out into a folder of that shape instead (then look at the difference).
/// </summary>
public sealed class GoldenTests
{
    private static readonly NodeView Node = new("node1", "zone1", "10.244.0.0/24", ["192.168.1.10"]);

    public static TheoryData<string> Cases => [.. new DirectoryInfo(Path.Combine(AppContext.BaseDirectory, "Golden", "Cases")).GetDirectories().Select(d => d.Name).Order()];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Input_gives_these_rules(string name)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "Golden", "Cases", name);
        var plans = Plans(File.ReadAllText(Path.Combine(folder, "input.yaml")));
        Check(folder, "expected.nft", Nft(plans));
        Check(folder, "expected.iptables", Iptables(plans));
    }

    internal static List<ServicePlan> Plans(string yaml, NodeView? node = null)
    {
        var objects = Objects.Read(yaml);
        return [.. objects.OfType<Service>().Select(s => ServiceReader.Read(
            s, [.. objects.OfType<EndpointSlice>().Where(e => e.Namespace == s.Namespace && e.Metadata.Label("kubernetes.io/service-name") == s.Name)], node ?? Node)).OfType<ServicePlan>()];
    }

    private static string Nft(List<ServicePlan> plans)
    {
        // Without the part that is always the same.
        var table = new NftTable("ip", "kube-proxy", "");
        table.Replace(plans.Select(p => KeyValuePair.Create<string, NftFragment?>(p.Key, NftServiceRules.Of(p, Node))).Append(new("", NftServiceRules.OfNode(Node))));
        return string.Join('\n', table.Full().Split('\n').Skip(2));
    }

    private static string Iptables(List<ServicePlan> plans)
    {
        var tables = new IptablesTables();
        tables.Replace(plans.Select(p => KeyValuePair.Create<string, IptablesFragment?>(p.Key, IptablesServiceRules.Of(p, Node))));
        return tables.Full([]);
    }

    private static void Check(string folder, string file, string actual)
    {
        if (Environment.GetEnvironmentVariable("KOBUNE_GOLDEN") is { } target)
        {
            File.WriteAllText(Path.Combine(target, Path.GetFileName(folder), file), actual);
            return;
        }
        Assert.Equal(File.ReadAllText(Path.Combine(folder, file)), actual);
    }
}
