using System.Text;
using Kobune.Client.Streaming;

namespace Kobune.Client.Tests.Streaming;

public sealed class RemoteCommandTests : IDisposable
{
    private static readonly RemoteCommandOptions _all = new(Stdin: true, Stdout: true, Stderr: true, Tty: false);

    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(20));

    public static TheoryData<UpgradeTransport, string> Protocols => new()
    {
        { UpgradeTransport.Spdy, StreamProtocols.V4 },
        { UpgradeTransport.Spdy, StreamProtocols.V3 },
        { UpgradeTransport.Spdy, StreamProtocols.V2 },
        { UpgradeTransport.WebSocket, StreamProtocols.V5 },
        { UpgradeTransport.WebSocket, StreamProtocols.V4 },
        { UpgradeTransport.WebSocket, StreamProtocols.V4Base64 },
    };

    private CancellationToken Limit => _limit.Token;

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Exec_carries_input_output_and_exit_code(UpgradeTransport transport, string protocol)
    {
        var (client, server) = await ConnectAsync(transport, protocol, _all);
        await using var ownClient = client;
        await using var ownServer = server;
        Assert.Equal(protocol, server.Protocol);
        var input = new byte[200_000];
        new Random(7).NextBytes(input);
        var serving = CatAsync(server, input.Length);
        var sending = SendAsync();
        var outputs = await Task.WhenAll(ReadAllAsync(client.Stdout!), ReadAllAsync(client.Stderr!));
        await sending;
        Assert.Equal(input, outputs[0]);
        Assert.Equal("done", Encoding.UTF8.GetString(outputs[1]));
        var status = await client.WaitForExitAsync(Limit);
        Assert.False(status.IsSuccess);
        Assert.Contains("exit code: 3", status.Message);
        if (protocol is StreamProtocols.V4 or StreamProtocols.V5 or StreamProtocols.V4Base64)
        {
            Assert.Equal(3, status.ExitCode);
            Assert.Equal("NonZeroExitCode", status.Reason);
        }

        await client.DisposeAsync();
        await serving;

        async Task SendAsync()
        {
            await client.Stdin!.WriteAsync(input, Limit);
            await client.CloseStdinAsync(Limit);
        }
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Success_and_internal_failures_are_told_apart(UpgradeTransport transport, string protocol)
    {
        foreach (var expected in (RemoteCommandStatus[])[RemoteCommandStatus.Success, RemoteCommandStatus.Failed("no such container")])
        {
            var (client, server) = await ConnectAsync(transport, protocol, _all with { Stdin = false });
            await using var ownClient = client;
            var ending = server.WriteExitStatusAsync(expected, Limit);
            await Task.WhenAll(ReadAllAsync(client.Stdout!), ReadAllAsync(client.Stderr!));
            var status = await client.WaitForExitAsync(Limit);
            Assert.Equal(expected.ExitCode, status.ExitCode);
            Assert.Contains(expected.Message, status.Message);
            await client.DisposeAsync();
            await ending;
        }
    }

    [Theory]
    [InlineData(UpgradeTransport.Spdy, StreamProtocols.V4)]
    [InlineData(UpgradeTransport.WebSocket, StreamProtocols.V5)]
    [InlineData(UpgradeTransport.WebSocket, StreamProtocols.V4)]
    public async Task A_terminal_has_sizes_and_no_stderr(UpgradeTransport transport, string protocol)
    {
        var (client, server) = await ConnectAsync(transport, protocol, _all with { Tty = true });
        await using var ownClient = client;
        await using var ownServer = server;
        Assert.Null(server.Stderr);
        Assert.Null(client.Stderr);
        await using var sizes = server.Resize!.GetAsyncEnumerator(Limit);
        await client.ResizeAsync(new TerminalSize(80, 24), Limit);
        Assert.True(await sizes.MoveNextAsync());
        Assert.Equal(new TerminalSize(80, 24), sizes.Current);
        await client.ResizeAsync(new TerminalSize(120, 50), Limit);
        Assert.True(await sizes.MoveNextAsync());
        Assert.Equal(new TerminalSize(120, 50), sizes.Current);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_client_that_vanishes_is_noticed(UpgradeTransport transport, string protocol)
    {
        var (client, server) = await ConnectAsync(transport, protocol, _all);
        await using var ownServer = server;
        var gone = new TaskCompletionSource();
        using var registration = server.Disconnected.Register(gone.SetResult);
        await client.DisposeAsync();
        await gone.Task.WaitAsync(Limit);
        await Assert.ThrowsAsync<IOException>(() => server.Stdin!.CopyToAsync(Stream.Null, Limit));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_server_that_vanishes_leaves_no_exit_status(UpgradeTransport transport, string protocol)
    {
        var (client, server) = await ConnectAsync(transport, protocol, _all);
        await using var ownClient = client;
        await server.DisposeAsync();
        await Assert.ThrowsAsync<IOException>(() => client.WaitForExitAsync(Limit));
    }

    [Fact]
    public async Task The_bridge_joins_a_websocket_client_to_a_spdy_runtime()
    {
        var (client, kubelet) = await ConnectAsync(UpgradeTransport.WebSocket, StreamProtocols.V5, _all);
        var (runtimeClient, runtime) = await ConnectAsync(UpgradeTransport.Spdy, StreamProtocols.V4, _all);
        var bridge = RemoteCommandBridge.RunAsync(kubelet, runtimeClient, Limit);
        var serving = CatAsync(runtime, 5);
        await client.Stdin!.WriteAsync("hello"u8.ToArray(), Limit);
        await client.CloseStdinAsync(Limit);
        var outputs = await Task.WhenAll(ReadAllAsync(client.Stdout!), ReadAllAsync(client.Stderr!));
        Assert.Equal("hello", Encoding.UTF8.GetString(outputs[0]));
        Assert.Equal(3, (await client.WaitForExitAsync(Limit)).ExitCode);
        await client.DisposeAsync();
        await bridge;
        await serving;
    }

    [Fact]
    public async Task A_client_that_opens_too_few_streams_times_out()
    {
        var (a, b) = Loopback.Create();
        await using var client = new SpdyConnection(a, server: false);
        var options = _all with { StreamCreationTimeout = TimeSpan.FromMilliseconds(1) };
        var answer = new UpgradeAnswer { StatusCode = 101, Protocol = StreamProtocols.V4 };
        await Assert.ThrowsAsync<IOException>(() => RemoteCommandServer.AcceptAsync(b, answer, options, TimeProvider.System, Limit));
    }

    /// <summary>A command that copies stdin, says "done" on stderr and exits with 3.</summary>
    private async Task CatAsync(RemoteCommandStreams server, int expected)
    {
        var buffer = new byte[8192];
        var total = 0;
        while (total < expected)
        {
            var count = await server.Stdin!.ReadAsync(buffer, Limit);
            await server.Stdout!.WriteAsync(buffer.AsMemory(0, count), Limit);
            total += count;
        }

        await server.Stderr!.WriteAsync("done"u8.ToArray(), Limit);
        await server.WriteExitStatusAsync(RemoteCommandStatus.Exited(3), Limit);
    }

    private async Task<byte[]> ReadAllAsync(Stream stream)
    {
        var all = new MemoryStream();
        await stream.CopyToAsync(all, Limit);
        return all.ToArray();
    }

    private async Task<(RemoteCommandClient Client, RemoteCommandStreams Server)> ConnectAsync(
        UpgradeTransport transport, string protocol, RemoteCommandOptions options)
    {
        var (connection, stream, answer) = await Loopback.UpgradeAsync(transport, protocol, UpgradeNegotiation.RemoteCommand, Limit);
        var accepting = RemoteCommandServer.AcceptAsync(stream, answer, options, TimeProvider.System, Limit);
        var client = await RemoteCommandClient.StartAsync(connection, options, Limit);
        return (client, await accepting);
    }

    public void Dispose() => _limit.Dispose();
}
