using System.Text;
using Kobune.Client.Streaming;

namespace Kobune.Client.Tests.Streaming;

public sealed class UpgradeTests
{
    private static readonly UpgradeRequest _spdy = new(new Uri("http://node/exec"), UpgradeTransport.Spdy, StreamProtocols.RemoteCommandSpdy);

    [Theory]
    [InlineData("HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\nstatus")]
    [InlineData("HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nst\r\n4\r\natus\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\nstatus")]
    public async Task A_refusal_carries_status_and_body(string response)
    {
        var refused = await Assert.ThrowsAsync<UpgradeRefusedException>(() => AnswerAsync(response));
        Assert.Equal(403, refused.StatusCode);
        Assert.Equal("status", refused.Body);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 101 Switching")]
    [InlineData("SSH-2.0-OpenSSH\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v9\r\n\r\n")]
    public async Task Other_answers_are_errors(string response) => await Assert.ThrowsAnyAsync<IOException>(() => AnswerAsync(response));

    [Fact]
    public async Task Bytes_behind_the_response_belong_to_the_stream()
    {
        var connection = await AnswerAsync("HTTP/1.1 101 Switching Protocols\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\nrest");
        Assert.Equal(StreamProtocols.V4, connection.Protocol);
        Assert.Equal("rest", await new StreamReader(connection.Stream).ReadToEndAsync());
    }

    [Fact]
    public void The_first_protocol_of_the_client_that_is_served_is_taken()
    {
        var answer = UpgradeNegotiation.RemoteCommand(Headers(
            ("Connection", "Upgrade"), ("Upgrade", "SPDY/3.1"), ("X-Stream-Protocol-Version", "v5.channel.k8s.io,v4.channel.k8s.io, v3.channel.k8s.io")));
        Assert.Equal((101, StreamProtocols.V4), (answer.StatusCode, answer.Protocol));
        Assert.Equal(StreamProtocols.V4, answer.Headers["X-Stream-Protocol-Version"]);
    }

    [Fact]
    public void A_websocket_key_is_answered_as_rfc6455_shows_it()
    {
        var answer = UpgradeNegotiation.PortForward(Headers(
            ("Connection", "keep-alive, Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Protocol", "SPDY/3.1+portforward.k8s.io")));
        Assert.Equal("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", answer.Headers["Sec-WebSocket-Accept"]);
        Assert.Equal("SPDY/3.1+portforward.k8s.io", answer.Headers["Sec-WebSocket-Protocol"]);
    }

    [Fact]
    public void Requests_without_upgrade_or_common_protocol_are_refused()
    {
        Assert.Equal(400, UpgradeNegotiation.RemoteCommand(Headers(("Upgrade", "SPDY/3.1"))).StatusCode);
        Assert.Equal(400, UpgradeNegotiation.RemoteCommand(Headers(("Connection", "Upgrade"), ("Upgrade", "h2c"))).StatusCode);
        Assert.Equal(403, UpgradeNegotiation.RemoteCommand(Headers(
            ("Connection", "Upgrade"), ("Upgrade", "SPDY/3.1"), ("X-Stream-Protocol-Version", "v9.channel.k8s.io"))).StatusCode);
    }

    private static Func<string, string?> Headers(params (string Name, string Value)[] headers) =>
        name => headers.FirstOrDefault(h => h.Name == name).Value;

    private static async Task<UpgradedConnection> AnswerAsync(string response)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var (a, b) = Loopback.Create();
        var connecting = UpgradeClient.UpgradeAsync(a, _spdy, limit.Token);
        await Loopback.ReadRequestAsync(b, limit.Token);
        await b.WriteAsync(Encoding.ASCII.GetBytes(response), limit.Token);
        await b.CloseWriteAsync(limit.Token);
        return await connecting;
    }
}
