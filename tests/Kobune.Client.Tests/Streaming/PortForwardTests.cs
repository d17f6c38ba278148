using Kobune.Client.Streaming;

namespace Kobune.Client.Tests.Streaming;

public sealed class PortForwardTests : IDisposable
{
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(20));

    public static TheoryData<UpgradeTransport, string> Protocols => new()
    {
        { UpgradeTransport.Spdy, StreamProtocols.PortForward },
        { UpgradeTransport.WebSocket, StreamProtocols.TunneledPortForward },
    };

    private CancellationToken Limit => _limit.Token;

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Connections_carry_data_both_ways_with_half_close(UpgradeTransport transport, string protocol)
    {
        var (client, serving) = await ConnectAsync(transport, protocol, async (connection, cancellationToken) =>
        {
            // Answers only after the client's half-close.
            var request = await new StreamReader(connection.Data).ReadToEndAsync(cancellationToken);
            await connection.Data.WriteAsync(System.Text.Encoding.UTF8.GetBytes($"{connection.Port}:{request}"), cancellationToken);
        });
        for (var port = 8080; port < 8083; port++)
        {
            await using var connection = await client.OpenAsync(port, Limit);
            await connection.Data.WriteAsync("ping"u8.ToArray(), Limit);
            await ((IHalfClose)connection.Data).CloseWriteAsync(Limit);
            Assert.Equal($"{port}:ping", await new StreamReader(connection.Data, leaveOpen: true).ReadToEndAsync(Limit));
            Assert.Null(await connection.ReadErrorAsync(Limit));
        }

        await client.DisposeAsync();
        await serving;
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_failure_in_the_pod_arrives_on_the_error_stream(UpgradeTransport transport, string protocol)
    {
        var (client, serving) = await ConnectAsync(transport, protocol, (_, _) => throw new IOException("connection refused"));
        await using (var connection = await client.OpenAsync(1, Limit))
        {
            Assert.Equal("connection refused", await connection.ReadErrorAsync(Limit));
        }

        await client.DisposeAsync();
        await serving;
    }

    [Fact]
    public async Task A_tunnel_joins_a_websocket_client_to_a_spdy_runtime()
    {
        var (clientSide, kubelet, answer) = await Loopback.UpgradeAsync(
            UpgradeTransport.WebSocket, StreamProtocols.TunneledPortForward, UpgradeNegotiation.PortForward, Limit);
        var (toRuntime, runtime) = Loopback.Create();
        var serving = PortForwardServer.RunAsync(
            runtime, new UpgradeAnswer { StatusCode = 101 }, (c, ct) => c.Data.CopyToAsync(c.Data, ct), TimeProvider.System, Limit);
        await using var unwrapped = PortForwardServer.Unwrap(kubelet, answer);
        var tunnel = ByteTunnel.RunAsync(unwrapped, toRuntime, Limit);
        var client = new PortForwardClient(clientSide);
        var connection = await client.OpenAsync(5432, Limit);
        await connection.Data.WriteAsync("select 1"u8.ToArray(), Limit);
        await ((IHalfClose)connection.Data).CloseWriteAsync(Limit);
        Assert.Equal("select 1", await new StreamReader(connection.Data, leaveOpen: true).ReadToEndAsync(Limit));
        await client.DisposeAsync();
        await serving;
        await tunnel;
    }

    private async Task<(PortForwardClient Client, Task Serving)> ConnectAsync(UpgradeTransport transport, string protocol, PortForwardHandler handler)
    {
        var (connection, stream, answer) = await Loopback.UpgradeAsync(transport, protocol, UpgradeNegotiation.PortForward, Limit);
        var serving = PortForwardServer.RunAsync(stream, answer, handler, TimeProvider.System, Limit);
        return (new PortForwardClient(connection), serving);
    }

    public void Dispose() => _limit.Dispose();
}
