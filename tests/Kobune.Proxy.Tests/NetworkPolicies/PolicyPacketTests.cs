using Kobune.Api.Core.V1;
using Kobune.Api.Networking.V1;
using Kobune.Proxy.NetworkPolicies;
using Kobune.Proxy.Tests.Golden;
using Kobune.Proxy.Tests.Packets;

namespace Kobune.Proxy.Tests.NetworkPolicies;

/// <summary>Policies with real packets, between Pods of one bridge as well as from outside.</summary>
public sealed class PolicyPacketTests
{
    private const string Server = "10.244.0.21";
    private const string Friend = "10.244.0.22";
    private const string Stranger = "10.244.0.23";

    private const string Pods = """
        apiVersion: v1
        kind: Pod
        metadata: {name: server, namespace: shop, labels: {app: server} }
        spec: {nodeName: node1, containers: [{name: c, image: i, ports: [{name: web, containerPort: 8080}]}]}
        status: {phase: Running, podIP: 10.244.0.21}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: friend, namespace: shop, labels: {app: friend} }
        spec: {nodeName: node1, containers: [{name: c, image: i}]}
        status: {phase: Running, podIP: 10.244.0.22}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: stranger, namespace: street, labels: {app: friend} }
        spec: {nodeName: node1, containers: [{name: c, image: i}]}
        status: {phase: Running, podIP: 10.244.0.23}
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Only_what_is_allowed_passes()
    {
        Assert.SkipWhen(Namespaces.WhyNot is not null, Namespaces.WhyNot ?? "");
        await using var net = await Namespaces.CreateAsync(Server, Friend, Stranger);
        await net.ServeAsync(net.Pod(Server), 8080, "s");
        await net.ServeAsync(net.Pod(Server), 9090, "t");
        await net.ServeAsync(net.Outside, 8080, "o");
        var rules = new PolicyRules(net.NodeTool);

        // Default deny: nobody but the node itself, and the Pod itself.
        await rules.ApplyAsync(Input("podSelector: {}, policyTypes: [Ingress]"), Cancellation);
        await ReachAsync(net, friend: false, stranger: false, outside: false);
        Assert.NotEqual("", await Namespaces.AskAsync(net.Node, Server, 8080));
        Assert.NotEqual("", await Namespaces.AskAsync(net.Pod(Server), Server, 8080));

        // Pods of the same namespace, by label and by the port's name; the other port stays closed.
        await rules.ApplyAsync(Input("podSelector: {matchLabels: {app: server}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {app: friend}}}], ports: [{port: web}]}]"), Cancellation);
        await ReachAsync(net, friend: true, stranger: false, outside: false);
        Assert.Equal("", await Namespaces.AskAsync(net.Pod(Friend), Server, 9090, seconds: 1));

        // Another namespace, and a range of ports.
        await rules.ApplyAsync(Input("podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {kind: open}}}], ports: [{port: 8000, endPort: 8100}]}]"), Cancellation);
        await ReachAsync(net, friend: false, stranger: true, outside: false);

        // Addresses, but for some.
        await rules.ApplyAsync(Input("podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.244.0.22/32]}}]}]"), Cancellation);
        await ReachAsync(net, friend: false, stranger: true, outside: true);

        // Egress: the friend may reach the server's named port and nothing else.
        await rules.ApplyAsync(Input("podSelector: {matchLabels: {app: friend}}, policyTypes: [Egress], egress: [{to: [{podSelector: {}}], ports: [{port: web}]}]"), Cancellation);
        await ReachAsync(net, friend: true, stranger: true, outside: true);
        Assert.Equal("", await Namespaces.AskAsync(net.Pod(Friend), Server, 9090, seconds: 1));
        Assert.Equal("", await Namespaces.AskAsync(net.Pod(Friend), "192.168.77.1", 8080, seconds: 1));
        Assert.NotEqual("", await Namespaces.AskAsync(net.Pod(Server), "192.168.77.1", 8080));
    }

    private static async Task ReachAsync(Namespaces net, bool friend, bool stranger, bool outside)
    {
        var asked = await Task.WhenAll(
            Namespaces.AskAsync(net.Pod(Friend), Server, 8080, friend ? 5 : 1),
            Namespaces.AskAsync(net.Pod(Stranger), Server, 8080, stranger ? 5 : 1),
            Namespaces.AskAsync(net.Outside, Server, 8080, outside ? 5 : 1));
        Assert.Equal((friend, stranger, outside), (asked[0].Length > 0, asked[1].Length > 0, asked[2].Length > 0));
    }

    internal static PolicyInput Input(string spec)
    {
        var policies = Objects.Read($$"""
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: p, namespace: shop}
            spec: { {{spec}} }
            """).Cast<NetworkPolicy>().ToList();
        var labels = new Dictionary<string, IReadOnlyDictionary<string, string>> { ["shop"] = new Dictionary<string, string>(), ["street"] = new Dictionary<string, string> { ["kind"] = "open" } };
        return new PolicyInput("node1", policies, [.. Objects.Read(Pods).Select(o => (Pod)o).Select(PolicyPod.Of).OfType<PolicyPod>()], labels);
    }
}
