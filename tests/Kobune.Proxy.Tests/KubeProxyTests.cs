using System.Net;
using Kobune.Api.Core.V1;
using Kobune.Api.Discovery.V1;
using Kobune.Client;
using Kobune.Proxy.Tests.Packets;
using Kobune.Testing.ApiServers;
using Microsoft.Extensions.Logging.Abstractions;
using EndpointPort = Kobune.Api.Discovery.V1.EndpointPort;

namespace Kobune.Proxy.Tests;

/// <summary>The proxy as a whole: a real API server on one side, packets on the other.</summary>
public sealed class KubeProxyTests
{
    private const string Pod = "10.244.0.31";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_the_API_says_reaches_the_kernel()
    {
        Assert.SkipWhen(Namespaces.WhyNot is not null, Namespaces.WhyNot ?? "");
        await using var net = await Namespaces.CreateAsync(Pod);
        await net.ServeAsync(net.Pod(Pod), 8080, "a");
        await using var api = await TestApiServer.StartAsync();
        await api.Client.CreateAsync(new Node
        {
            Metadata = { Name = "node1" },
            Spec = { PodCIDR = "10.244.0.0/24", PodCIDRs = ["10.244.0.0/24"] },
            Status = { Addresses = [new NodeAddress { Type = "InternalIP", Address = "192.168.77.2" }] },
        }, cancellationToken: Cancellation);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var proxy = new KubeProxy(new KubeProxyOptions { NodeName = "node1", Client = api.Client, Healthz = null, Metrics = null, NetworkNamespace = net.Node }, NullLoggerFactory.Instance);
        var running = proxy.RunAsync(stop.Token);
        await proxy.Programmed.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        var service = await api.Client.CreateAsync(new Service
        {
            Metadata = { Name = "s", Namespace = "default" },
            Spec = { Type = "LoadBalancer", ExternalTrafficPolicy = "Local", Ports = [new ServicePort { Port = 80, Protocol = "TCP", TargetPort = 8080 }] },
        }, cancellationToken: Cancellation);
        await RulesAsync(net, $"{service.Spec.ClusterIP} . tcp . 80 : goto reject-chain");
        await api.Client.CreateAsync(Slice(), cancellationToken: Cancellation);
        await RulesAsync(net, "dnat to " + Pod);
        Assert.StartsWith("a ", await Namespaces.AskAsync(net.Outside, "192.168.77.2", service.Spec.Ports[0].NodePort));
        await HealthAsync(service.Spec.HealthCheckNodePort, HttpStatusCode.OK);

        await api.Client.DeleteAsync<EndpointSlice>("default", "s-1", cancellationToken: Cancellation);
        await HealthAsync(service.Spec.HealthCheckNodePort, HttpStatusCode.ServiceUnavailable);
        await stop.CancelAsync();
        await running;
    }

    private static EndpointSlice Slice() => new()
    {
        Metadata = { Name = "s-1", Namespace = "default", Labels = { ["kubernetes.io/service-name"] = "s" } },
        AddressType = "IPv4",
        Ports = [new EndpointPort { Name = "", Port = 8080, Protocol = "TCP" }],
        Endpoints = [new Endpoint { Addresses = [Pod], NodeName = "node1", Conditions = new EndpointConditions { Ready = true } }],
    };

    // The kernel tells of changes of its rules, but not to a test: it is asked until it says so.
    private static async Task RulesAsync(Namespaces net, string text)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!(await net.NodeTool.RunAsync("nft", ["list", "table", "ip", "kube-proxy"], null, patience.Token)).Contains(text, StringComparison.Ordinal))
        {
            await Task.Yield();
        }
    }

    private static async Task HealthAsync(int port, HttpStatusCode expected)
    {
        using var http = new HttpClient();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{port}/"), patience.Token);
                if (answer.StatusCode == expected)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
        }
    }
}
