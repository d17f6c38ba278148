using System.Diagnostics;
using System.Globalization;
using Kobune.Proxy;
using Kobune.Proxy.Iptables;
using Kobune.Proxy.Nftables;
using Kobune.Proxy.Services;
using Kobune.Proxy.Tools;

namespace Kobune.Bench.Services;

/// <summary>
/// `services [COUNT] [nftables|iptables]`: what a change of one Service costs until the kernel has it, among COUNT (10,000) others with two
/// endpoints each: an endpoint changes, a Service comes, a Service goes. In a network namespace of its own.
/// </summary>
internal static class ServicesBench
{
    private const string Namespace = "kobune-bench-services";
    private const int Rounds = 20;
    private static readonly NodeView Node = new("node1", "", "10.244.0.0/24", ["192.168.77.2"]);

    public static async Task RunAsync(string[] args)
    {
        var count = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 10_000;
        var mode = args.Length > 1 ? Enum.Parse<ProxyMode>(args[1], ignoreCase: true) : ProxyMode.Nftables;
        await new NetworkTool().RunAsync("ip", ["netns", "add", Namespace], null, CancellationToken.None);
        try
        {
            await RunAsync(mode, count);
        }
        finally
        {
            await new NetworkTool().RunAsync("ip", ["netns", "delete", Namespace], null, CancellationToken.None);
        }
    }

    private static async Task RunAsync(ProxyMode mode, int count)
    {
        var tool = new NetworkTool(Namespace);
        IProxyBackend backend = mode == ProxyMode.Iptables ? new IptablesBackend(tool) : new NftablesBackend(tool, "10.96.0.0/12");
        var start = Stopwatch.GetTimestamp();
        await backend.ReplaceAllAsync(Node, [.. Enumerable.Range(0, count).Select(i => Plan(i, 1))], CancellationToken.None);
        Console.WriteLine($"{mode}, {count} Services: all rules at once {Stopwatch.GetElapsedTime(start).TotalMilliseconds,9:n0} ms");
        await MeasureAsync("an endpoint changes", backend, i => Plan(i, 2), _ => "");
        await MeasureAsync("a Service comes", backend, i => Plan(count + i, 1), _ => "");
        await MeasureAsync("a Service goes", backend, _ => null, i => Plan(count + i, 1).Key);
    }

    private static async Task MeasureAsync(string what, IProxyBackend backend, Func<int, ServicePlan?> plan, Func<int, string> gone)
    {
        var figures = new Figures(Rounds);
        for (var i = 0; i < Rounds; i++)
        {
            var wanted = plan(i);
            var start = Stopwatch.GetTimestamp();
            await backend.ChangeAsync(Node, new Dictionary<string, ServicePlan?> { [wanted?.Key ?? gone(i)] = wanted }, CancellationToken.None);
            figures.Add(start);
        }
        figures.Print("  " + what);
    }

    private static ServicePlan Plan(int number, int version)
    {
        var name = new ServicePortName("bench", $"svc-{number}", "http", "tcp");
        Backend[] backends = [new($"10.244.{number / 250 % 250}.{(number % 250) + 1}", 8080 + version, false), new($"10.245.{number / 250 % 250}.{(number % 250) + 1}", 8080, false)];
        var port = new ServicePortPlan(name, $"10.{96 + (number / 62500)}.{number / 250 % 250}.{(number % 250) + 1}", 80) { Cluster = backends, HasEndpoints = true };
        return new ServicePlan($"bench/svc-{number}", [port], 0, 0);
    }
}
