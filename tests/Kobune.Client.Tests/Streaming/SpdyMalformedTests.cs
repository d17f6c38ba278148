using Kobune.Client.Streaming;

namespace Kobune.Client.Tests.Streaming;

/// <summary>Every input ends in an orderly failure of the connection or is answered; none may hang or pass.</summary>
public sealed class SpdyMalformedTests
{
    private const string OpenStreamOne = "80030001000000290000000100000000000078f9e3c6a7c26260606004a7b392a2d4c45c6851c29a0a0a6800000000ffff";

    [Theory]
    [InlineData("8002000600000004" + "00000001", "version 2")]
    [InlineData("80030006000000ff", "inside a frame")] // truncated payload
    [InlineData("800300", "inside a frame")] // truncated header
    [InlineData("0000000100000010aabb", "inside a frame")] // truncated data
    [InlineData("8003000600000003" + "000001", "wrong length")] // PING
    [InlineData("8003000700000004" + "00000001", "wrong length")] // GOAWAY
    [InlineData("8003000300000004" + "00000001", "wrong length")] // RST_STREAM
    [InlineData("8003000400000004" + "ffffffff", "wrong length")] // SETTINGS that promise 4 billion entries
    [InlineData("8003000900000003" + "000001", "wrong length")] // WINDOW_UPDATE
    [InlineData("8003000100000004" + "00000001", "wrong length")] // SYN_STREAM
    [InlineData("8003000100ffffff", "too long")]
    [InlineData("800300010000000f" + "00000001000000000000" + "0102030405", "zlib")]
    [InlineData("8003000100000013" + "00000001000000000000" + "78bbe3c6a7c2ffffff", "header")]
    [InlineData("474554202f20485454502f312e310d0a0d0a", "inside a frame")] // "GET / HTTP/1.1"
    public async Task The_connection_fails(string bytes, string reason)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var (a, b) = Loopback.Create();
        await using var server = new SpdyConnection(b, server: true);
        await a.WriteAsync(Convert.FromHexString(bytes), limit.Token);
        await a.CloseWriteAsync(limit.Token);
        Assert.Null(await server.AcceptStreamAsync(limit.Token));
        await server.Completion.WaitAsync(limit.Token);
        Assert.Contains(reason, server.Failure?.Message);
    }

    [Theory]
    [InlineData("80030001000000290000000200000000000078f9e3c6a7c26260606004a7b392a2d4c45c6851c29a0a0a6800000000ffff")] // an even id from a client
    [InlineData(OpenStreamOne + "8003000100000017" + "00000001000000000000" + "c22e555c92929907000000ffff")] // an id used twice
    public async Task Stream_ids_out_of_order_end_the_connection(string bytes)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var (a, b) = Loopback.Create();
        await using var server = new SpdyConnection(b, server: true);
        await a.WriteAsync(Convert.FromHexString(bytes), limit.Token);
        await server.Completion.WaitAsync(limit.Token);
        Assert.Contains("out of order", server.Failure?.Message);
    }

    [Theory]
    [InlineData("0000000500000002aabb", "8003000300000008" + "00000005" + "00000002")] // data for a stream never opened: INVALID_STREAM
    [InlineData("8003000600000004" + "00000007", "8003000600000004" + "00000007")] // PING
    [InlineData("8003004200000004" + "00000001" + "8003000600000004" + "00000007", "8003000600000004" + "00000007")] // a frame type of the future
    [InlineData("8003000400000014" + "00000002" + "0400000000000064" + "0700000000010000" + "8003000600000004" + "00000007", "8003000600000004" + "00000007")]
    [InlineData(OpenStreamOne, "8003000200000018" + "00000001" + "78bbe3c6a7c2" + "000400fbff" + "00000000" + "000000ffff")] // SYN_REPLY
    public async Task The_peer_is_answered(string bytes, string answer)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var (a, b) = Loopback.Create();
        await using var server = new SpdyConnection(b, server: true);
        await a.WriteAsync(Convert.FromHexString(bytes), limit.Token);
        var received = new byte[answer.Length / 2];
        await a.ReadExactlyAsync(received, limit.Token);
        Assert.Equal(answer, Convert.ToHexStringLower(received));
        Assert.Null(server.Failure);
    }

    [Fact]
    public async Task A_peer_that_floods_pings_and_reads_nothing_is_disconnected()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var (a, b) = Loopback.Create();
        await using var server = new SpdyConnection(b, server: true, new SpdyOptions { MaxPendingReplies = 100 });
        var ping = Convert.FromHexString("800300060000000400000007");
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (true)
            {
                await a.WriteAsync(ping, limit.Token);
            }
        });
        await server.Completion.WaitAsync(limit.Token);
        Assert.NotNull(server.Failure);
    }
}
