using System.Net;
using System.Net.Sockets;
using Kobune.Client.Streaming;

namespace Kobune.Client.Tests.Streaming;

public sealed class ByteTunnelTests
{
    [Fact]
    public async Task Half_closes_pass_through_sockets()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await using var client = await PairAsync(limit.Token);
        await using var server = await PairAsync(limit.Token);
        var tunnel = ByteTunnel.RunAsync(client.Far, server.Near, limit.Token);
        await client.Near.WriteAsync("question"u8.ToArray(), limit.Token);
        client.Near.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal("question", await new StreamReader(server.Far, leaveOpen: true).ReadToEndAsync(limit.Token));
        await server.Far.WriteAsync("answer"u8.ToArray(), limit.Token);
        server.Far.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal("answer", await new StreamReader(client.Near, leaveOpen: true).ReadToEndAsync(limit.Token));
        await tunnel;
    }

    [Fact]
    public async Task A_side_that_cannot_half_close_ends_the_tunnel()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var (a, b) = Loopback.Create();
        await using var pair = await PairAsync(limit.Token);
        var tunnel = ByteTunnel.RunAsync(new BufferedStream(pair.Far), b, limit.Token);
        await a.CloseWriteAsync(limit.Token);
        await tunnel;
    }

    private static async Task<Pair> PairAsync(CancellationToken cancellationToken)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndpoint, cancellationToken);
        return new Pair(new NetworkStream(client, true), new NetworkStream(await listener.AcceptSocketAsync(cancellationToken), true));
    }

    private sealed record Pair(NetworkStream Near, NetworkStream Far) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Near.DisposeAsync();
            await Far.DisposeAsync();
        }
    }
}
