using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Certificates;
using Kobune.Client.Streaming;
using Kobune.Runtime.Certificates;

namespace Kobune.Kubelet.Tests.Server;

/// <summary>The kubelet's HTTPS API against containers on the real containerd.</summary>
[Trait("needs", "containerd")]
[Collection("containerd")]
public sealed class RealServerTests
{
    [Fact]
    public async Task Logs_exec_attach_and_port_forward()
    {
        Assert.SkipWhen(RealNode.WhyNot is not null, RealNode.WhyNot ?? "");
        var now = TimeProvider.System.GetUtcNow();
        using var issuer = new CertificateAuthority(CertificateAuthority.Create("test", now));
        var serving = issuer.Issue(new("system:node:node-1", CertificateUses.Server) { Addresses = [IPAddress.Loopback] }, now, TimeSpan.FromDays(1));
        var admin = issuer.Issue(new("admin", CertificateUses.Client) { Organizations = ["system:masters"] }, now, TimeSpan.FromDays(1));
        await using var runtime = await RealNode.StartAsync();
        await using var node = new KubeletHarness(runtime.Options.Socket, runtime.Directory, server: new KubeletServerOptions
        {
            Address = IPAddress.Loopback,
            Port = 0,
            Certificate = serving,
            ClientAuthorities = [issuer.Certificate],
        });
        await node.Kubelet.Ready;
        Assert.Equal(node.Kubelet.ServerPort, node.Api.All<Node>()[0].Status.DaemonEndpoints.KubeletEndpoint.Port);
        var pod = KubeletHarness.NewPod("web", command: ["sh", "-c", "echo one; echo two; mkdir /www; echo page > /www/index.html; httpd -p 8080 -h /www; read line; echo got $line; sleep 1000"]);
        pod.Spec.Containers[0].Stdin = true;
        pod.Spec.Containers[0].Lifecycle = new Lifecycle { PostStart = new LifecycleHandler { Exec = new ExecAction { Command = ["sh", "-c", "until test -f /www/index.html; do sleep 0.05; done"] } } };
        node.Api.Put(pod);
        await node.UntilAsync("web", KubeletHarness.IsReady);

        var root = new Uri($"https://127.0.0.1:{node.Kubelet.ServerPort}/");
        using var http = new HttpClient(Handler(admin)) { BaseAddress = root };
        using var nobody = new HttpClient(Handler(null)) { BaseAddress = root };
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.GetAsync("pods")).StatusCode);
        Assert.Equal("ok", await nobody.GetStringAsync("healthz"));
        Assert.Equal("two\n", await http.GetStringAsync("containerLogs/default/web/main?tailLines=1"));
        Assert.Contains("\"name\":\"web\"", await http.GetStringAsync("pods"));
        Assert.Contains("container_memory_working_set_bytes{container=\"main\",namespace=\"default\",pod=\"web\"}", await http.GetStringAsync("metrics/resource"));
        Assert.Contains("\"podRef\":{\"name\":\"web\"", await http.GetStringAsync("stats/summary"));
        Assert.Equal("previous terminated container \"main\" in pod \"web\" not found",
            await (await http.GetAsync("containerLogs/default/web/main?previous=true")).Content.ReadAsStringAsync());

        foreach (var transport in (UpgradeTransport[])[UpgradeTransport.WebSocket, UpgradeTransport.Spdy])
        {
            var (output, status) = await ExecAsync(root, admin, transport, "exec/default/web/main?command=cat&input=1&output=1&error=1", "hello");
            Assert.Equal(("hello", 0), (output, status.ExitCode));
            (output, status) = await ExecAsync(root, admin, transport, "exec/default/web/main?command=sh&command=-c&command=echo%20out;%20exit%203&output=1&error=1", null);
            Assert.Equal(("out\n", 3), (output, status.ExitCode));
        }

        var forwarding = await UpgradeClient.ConnectAsync(Request(root, admin, UpgradeTransport.WebSocket, "portForward/default/web", [StreamProtocols.TunneledPortForward]));
        await using (var forward = new PortForwardClient(forwarding))
        {
            var connection = await forward.OpenAsync(8080);
            await connection.Data.WriteAsync("GET /index.html HTTP/1.0\r\n\r\n"u8.ToArray());
            using var reader = new StreamReader(connection.Data);
            Assert.EndsWith("page\n", await reader.ReadToEndAsync());
        }

        var following = FollowAsync(http);
        await using (var attached = await RemoteCommandClient.StartAsync(
            await UpgradeClient.ConnectAsync(Request(root, admin, UpgradeTransport.WebSocket, "attach/default/web/main?input=1&output=1", StreamProtocols.RemoteCommandWebSocket)),
            new RemoteCommandOptions(true, true, false, false)))
        {
            await attached.Stdin!.WriteAsync("me\n"u8.ToArray());
            var buffer = new byte[100];
            var count = await attached.Stdout!.ReadAsync(buffer);
            Assert.Equal("got me\n", Encoding.UTF8.GetString(buffer, 0, count));
        }

        node.Api.DeletePod("web", 1);
        Assert.Equal("one\ntwo\ngot me\n", await following.WaitAsync(TimeSpan.FromSeconds(10)));
        await node.GoneAsync("web");
    }

    private static async Task<string> FollowAsync(HttpClient http)
    {
        using var response = await http.GetAsync("containerLogs/default/web/main?follow=true", HttpCompletionOption.ResponseHeadersRead);
        return await response.Content.ReadAsStringAsync();
    }

    private static async Task<(string Output, RemoteCommandStatus Status)> ExecAsync(Uri root, X509Certificate2 certificate, UpgradeTransport transport, string path, string? input)
    {
        var protocols = transport == UpgradeTransport.Spdy ? StreamProtocols.RemoteCommandSpdy : StreamProtocols.RemoteCommandWebSocket;
        var connection = await UpgradeClient.ConnectAsync(Request(root, certificate, transport, path, protocols));
        await using var command = await RemoteCommandClient.StartAsync(connection, new RemoteCommandOptions(input is not null, true, true, false));
        if (input is not null)
        {
            await command.Stdin!.WriteAsync(Encoding.UTF8.GetBytes(input));
            await command.CloseStdinAsync();
        }

        using var reader = new StreamReader(command.Stdout!);
        using var errors = new StreamReader(command.Stderr!);
        var error = errors.ReadToEndAsync();
        var output = await reader.ReadToEndAsync();
        Assert.Equal("", await error);
        return (output, await command.WaitForExitAsync());
    }

    private static UpgradeRequest Request(Uri root, X509Certificate2 certificate, UpgradeTransport transport, string path, IReadOnlyList<string> protocols) =>
        new(new Uri(root, path), transport, protocols)
        {
            Tls = new SslClientAuthenticationOptions
            {
                ClientCertificates = [certificate],
                RemoteCertificateValidationCallback = static (_, _, _, _) => true,
            },
        };

    private static SocketsHttpHandler Handler(X509Certificate2? certificate) => new()
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            ClientCertificates = certificate is null ? null : [certificate],
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        },
    };
}
