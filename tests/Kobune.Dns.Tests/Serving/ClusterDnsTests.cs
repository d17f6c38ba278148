using System.Net;
using System.Net.Sockets;
using Kobune.Api.Core.V1;
using Kobune.Api.Discovery.V1;
using Kobune.ApiServer.Authentication;
using Kobune.ApiServer.Authorization;
using Kobune.ApiServer.Authorization.Rbac;
using Kobune.Client;
using Kobune.Dns.Forwarding;
using Kobune.Dns.Wire;
using Kobune.Runtime;
using Kobune.Testing.ApiServers;
using Kobune.Testing.Controllers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kobune.Dns.Tests.Serving;

/// <summary>The whole server on loopback, fed by a real API server under the identity of a node.</summary>
public sealed class ClusterDnsTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _stop = new();
    private TestApiServer _api = null!;
    private Task _running = Task.CompletedTask;
    private IPEndPoint _server = null!;

    public async ValueTask InitializeAsync()
    {
        _api = await TestApiServer.StartAsync(o => o with { Authorizers = s => [new NodeAuthorizer(s), new RbacAuthorizer(s)] });
        await _api.Client.CreateAsync(new Node { Metadata = { Name = "n1" } });
        var node = _api.Server.ClientFor(UserInfo.Of("system:node:n1", "system:nodes"));
        var informers = new InformerFactory(node, TimeProvider.System, NullLoggerFactory.Instance);
        var dns = new ClusterDns(
            new DnsOptions("n1", new IPEndPoint(IPAddress.Loopback, 0)) { ResolvConf = "/nonexistent", Advertised = IPAddress.Parse("10.0.0.5") }, node, informers, TimeProvider.System, NullLoggerFactory.Instance);
        informers.Start(_stop.Token);
        _running = dns.RunAsync(_stop.Token);
        _server = await dns.Listening.WaitAsync(TimeSpan.FromSeconds(30));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _api.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task It_answers_by_udp_and_tcp_and_follows_the_api()
    {
        var kubernetes = await AskAsync("kubernetes.default.svc.cluster.local", RecordType.A);
        Assert.Equal((await _api.Client.GetAsync<Service>("default", "kubernetes")).Spec.ClusterIP, ((AddressData)kubernetes.Answers[0].Data).Address.ToString());
        Assert.Equal(ResponseCode.NameError, (await AskAsync("late.default.svc.cluster.local", RecordType.A)).Code);

        var service = new Service { Metadata = { Name = "late", Namespace = "default" } };
        service.Spec.ClusterIP = "None";
        await _api.Client.CreateAsync(service);
        var slice = new EndpointSlice { Metadata = { Name = "late-1", Namespace = "default" }, AddressType = "IPv4" };
        slice.Metadata.Labels["kubernetes.io/service-name"] = "late";
        slice.Endpoints = [.. Enumerable.Range(1, 60).Select(i => new Endpoint { Addresses = [$"10.244.0.{i}"] })];
        await _api.Client.CreateAsync(slice);

        var answer = await UntilAsync("late.default.svc.cluster.local", a => a.Code == ResponseCode.NoError);
        Assert.Equal(60, answer.Answers.Count); // more than fits in 512 octets: the client came back by TCP

        await _api.Client.DeleteAsync<Service>("default", "late");
        await UntilAsync("late.default.svc.cluster.local", a => a.Code == ResponseCode.NameError);
    }

    [Fact]
    public async Task It_makes_itself_an_endpoint_of_kube_dns_and_stays_one()
    {
        await _api.Client.WaitAsync<EndpointSlice>("kube-system", s => s.Name == "kube-dns-n1" && s.Endpoints[0].NodeName == "n1" && s.Metadata.OwnerReferences[0].Kind == "Node");
        await _api.Client.DeleteAsync<EndpointSlice>("kube-system", "kube-dns-n1");
        await _api.Client.WaitAsync<EndpointSlice>("kube-system", s => s.Name == "kube-dns-n1");
    }

    [Fact]
    public async Task Garbage_does_not_stop_it()
    {
        using var socket = new UdpClient(AddressFamily.InterNetwork);
        var random = new Random(7);
        for (var i = 0; i < 200; i++)
        {
            var octets = new byte[random.Next(1, 100)];
            random.NextBytes(octets);
            await socket.SendAsync(octets, _server);
        }
        Assert.Equal(ResponseCode.NoError, (await AskAsync("kubernetes.default.svc.cluster.local", RecordType.A)).Code);
    }

    private async Task<DnsMessage> UntilAsync(string name, Func<DnsMessage, bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var answer = await AskAsync(name, RecordType.A);
            if (condition(answer))
            {
                return answer;
            }
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    private async Task<DnsMessage> AskAsync(string name, RecordType type)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var query = new DnsMessage { Id = 1, RecursionDesired = true, Question = new DnsQuestion(DnsName.Parse(name), type, 1) };
        return await new SocketUpstream().AskAsync(_server, query, patience.Token);
    }
}
