using Kobune.Proxy.Iptables;
using Kobune.Proxy.Nftables;
using Kobune.Proxy.Services;
using Kobune.Proxy.Tests.Golden;

namespace Kobune.Proxy.Tests.Packets;

/// <summary>The rules of both modes, with real packets.</summary>
public sealed class ServicePacketTests
{
    private const string A = "10.244.0.11";
    private const string B = "10.244.0.12";
    private const string Client = "10.244.0.13";
    private static readonly NodeView Node = new("node1", "", "10.244.0.0/24", ["192.168.77.2"]);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ProxyMode.Nftables)]
    [InlineData(ProxyMode.Iptables)]
    public async Task Packets_find_their_endpoints(ProxyMode mode)
    {
        Assert.SkipWhen(Namespaces.WhyNot is not null, Namespaces.WhyNot ?? "");
        await using var net = await Namespaces.CreateAsync(A, B, Client);
        await net.ServeAsync(net.Pod(A), 8080, "a");
        await net.ServeAsync(net.Pod(B), 8080, "b");
        var backend = Backend(mode, net);
        await backend.ReplaceAllAsync(Node, GoldenTests.Plans(Yaml("10.96.0.1", "type: NodePort, externalIPs: [203.0.113.5]", A, B), Node), Cancellation);

        // ClusterIP from a Pod, with its own address, and from the node; the endpoint itself by hairpin.
        Assert.Equal(["a", "b"], (await Namespaces.AskManyAsync(net.Pod(Client), "10.96.0.1", 80, 30)).Order());
        Assert.EndsWith(Client, await Namespaces.AskAsync(net.Pod(Client), "10.96.0.1", 80));
        Assert.NotEqual("", await Namespaces.AskAsync(net.Node, "10.96.0.1", 80));
        Assert.Equal(["a", "b"], (await Namespaces.AskManyAsync(net.Pod(A), "10.96.0.1", 80, 30)).Order());

        // From outside: node port and external address, masqueraded. Other ports of the ClusterIP are refused.
        Assert.EndsWith("10.244.0.1", await Namespaces.AskAsync(net.Outside, "192.168.77.2", 30080));
        Assert.NotEqual("", await Namespaces.AskAsync(net.Outside, "203.0.113.5", 80));

        await ChangeAsync(backend, Yaml("10.96.0.1", "type: ClusterIP", B));
        Assert.Equal(["b"], await Namespaces.AskManyAsync(net.Pod(Client), "10.96.0.1", 80, 10));
        Assert.Equal("", await Namespaces.AskAsync(net.Outside, "192.168.77.2", 30080, seconds: 1));

        await ChangeAsync(backend, Yaml("10.96.0.1", "type: ClusterIP"));
        Assert.True(await Namespaces.IsRefusedAsync(net.Pod(Client), "10.96.0.1", 80));

        await backend.RemoveAsync(Cancellation);
        var left = await net.NodeTool.RunAsync("sh", ["-c", "nft list ruleset; iptables-save"], null, Cancellation);
        Assert.DoesNotContain("KUBE-", left);
        Assert.DoesNotContain("kube-proxy", left);
    }

    [Theory]
    [InlineData(ProxyMode.Nftables)]
    [InlineData(ProxyMode.Iptables)]
    public async Task Affinity_keeps_a_client_and_local_policy_keeps_its_address(ProxyMode mode)
    {
        Assert.SkipWhen(Namespaces.WhyNot is not null, Namespaces.WhyNot ?? "");
        await using var net = await Namespaces.CreateAsync(A, B, Client);
        await net.ServeAsync(net.Pod(A), 8080, "a");
        await net.ServeAsync(net.Pod(B), 8080, "b");
        var backend = Backend(mode, net);
        await backend.ReplaceAllAsync(Node, GoldenTests.Plans(Yaml("10.96.0.1", "type: NodePort, sessionAffinity: ClientIP, externalTrafficPolicy: Local", A, B), Node), Cancellation);

        Assert.Single(await Namespaces.AskManyAsync(net.Pod(Client), "10.96.0.1", 80, 12));
        Assert.EndsWith("192.168.77.1", await Namespaces.AskAsync(net.Outside, "192.168.77.2", 30080));

        // A balancer's address lets in only its ranges.
        await ChangeAsync(backend, Yaml("10.96.0.1", "type: LoadBalancer, loadBalancerSourceRanges: [198.51.100.0/24]", A) + Ingress);
        Assert.Equal("", await Namespaces.AskAsync(net.Outside, "203.0.113.6", 80, seconds: 1));
        await ChangeAsync(backend, Yaml("10.96.0.1", "type: LoadBalancer, loadBalancerSourceRanges: [198.51.100.0/24, 192.168.77.0/24]", A) + Ingress);
        Assert.StartsWith("a ", await Namespaces.AskAsync(net.Outside, "203.0.113.6", 80));
    }

    private const string Ingress = "status: {loadBalancer: {ingress: [{ip: 203.0.113.6}]}}\n";

    private static IProxyBackend Backend(ProxyMode mode, Namespaces net) =>
        mode == ProxyMode.Iptables ? new IptablesBackend(net.NodeTool) : new NftablesBackend(net.NodeTool, "10.96.0.0/16");

    private static Task ChangeAsync(IProxyBackend backend, string yaml) =>
        backend.ChangeAsync(Node, GoldenTests.Plans(yaml, Node).ToDictionary(p => p.Key, p => (ServicePlan?)p), Cancellation);

    // The Service last, so that a status can be appended.
    private static string Yaml(string address, string spec, params string[] endpoints) => $$"""
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: s-1, namespace: ns, labels: {kubernetes.io/service-name: s} }
        addressType: IPv4
        ports: [{name: "", port: 8080, protocol: TCP}]
        endpoints: [{{string.Join(", ", endpoints.Select(e => $"{{addresses: [{e}], nodeName: node1}}"))}}]
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: s, namespace: ns}
        spec: {clusterIP: {{address}}, {{spec}}, ports: [{port: 80, nodePort: {{(spec.Contains("ClusterIP,", StringComparison.Ordinal) || spec.EndsWith("ClusterIP", StringComparison.Ordinal) ? 0 : 30080)}}, protocol: TCP}]}

        """;
}
