using Kobune.Client.Streaming;

namespace Kobune.Client.Tests.Streaming;

/// <summary>Whether the server sees the end of stdin while its output goes on: what v5 was made for.</summary>
public sealed class StdinEndTests
{
    [Theory]
    [InlineData(UpgradeTransport.Spdy, StreamProtocols.V4)]
    [InlineData(UpgradeTransport.WebSocket, StreamProtocols.V5)]
    public async Task The_command_reads_the_end_and_still_answers(UpgradeTransport transport, string protocol)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var options = new RemoteCommandOptions(Stdin: true, Stdout: true, Stderr: false, Tty: false);
        var (connection, stream, answer) = await Loopback.UpgradeAsync(transport, protocol, UpgradeNegotiation.RemoteCommand, limit.Token);
        var accepting = RemoteCommandServer.AcceptAsync(stream, answer, options, TimeProvider.System, limit.Token);
        await using var client = await RemoteCommandClient.StartAsync(connection, options, limit.Token);
        await using var server = await accepting;
        await client.Stdin!.WriteAsync("abc"u8.ToArray(), limit.Token);
        await client.CloseStdinAsync(limit.Token);
        Assert.Equal("abc", await new StreamReader(server.Stdin!).ReadToEndAsync(limit.Token));
        var buffer = new byte[8];
        await server.Stdout!.WriteAsync("after"u8.ToArray(), limit.Token);
        Assert.Equal(5, await client.Stdout!.ReadAsync(buffer, limit.Token));
    }
}
