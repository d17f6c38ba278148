using Kobune.Client.Streaming;

namespace Kobune.Client.Tests.Streaming;

public sealed class SpdyConnectionTests : IAsyncDisposable
{
    private static readonly KeyValuePair<string, string>[] _headers = [new("streamType", "data"), new("port", "80")];

    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(20));
    private readonly SpdyConnection _client, _server;

    public SpdyConnectionTests()
    {
        var (a, b) = Loopback.Create();
        _client = new SpdyConnection(a, server: false);
        _server = new SpdyConnection(b, server: true, new SpdyOptions { MaxStreams = 8 });
    }

    private CancellationToken Limit => _limit.Token;

    private async Task<(SpdyStream Client, SpdyStream Server)> OpenAsync()
    {
        var client = await _client.OpenStreamAsync(_headers, Limit);
        return (client, (await _server.AcceptStreamAsync(Limit))!);
    }

    [Fact]
    public async Task Streams_carry_headers_data_and_half_closes()
    {
        var (client, server) = await OpenAsync();
        Assert.Equal("data", server.Headers["StreamType"]);
        Assert.Equal("80", server.Headers["port"]);
        await client.WriteAsync("request"u8.ToArray(), Limit);
        await client.CloseWriteAsync(Limit);
        Assert.Equal("request", await ReadAllAsync(server));
        await server.WriteAsync("answer"u8.ToArray(), Limit);
        await server.CloseWriteAsync(Limit);
        Assert.Equal("answer", await ReadAllAsync(client));
        await Assert.ThrowsAsync<IOException>(async () => await client.WriteAsync("more"u8.ToArray(), Limit));
    }

    [Fact]
    public async Task Streams_can_be_opened_from_the_server()
    {
        var opening = _server.OpenStreamAsync(_headers, Limit);
        var client = (await _client.AcceptStreamAsync(Limit))!;
        Assert.Equal(2u, (await opening).Id);
        Assert.Equal(2u, client.Id);
    }

    [Fact]
    public async Task Both_sides_may_write_more_than_all_buffers_hold()
    {
        var (client, server) = await OpenAsync();
        var data = new byte[3_000_000];
        new Random(1).NextBytes(data);
        var received = await Task.WhenAll(CountAsync(client), CountAsync(server), SendAsync(client), SendAsync(server));
        Assert.Equal([data.Length, data.Length, 0, 0], received);

        async Task<int> SendAsync(SpdyStream stream)
        {
            await stream.WriteAsync(data, Limit);
            await stream.CloseWriteAsync(Limit);
            return 0;
        }

        async Task<int> CountAsync(SpdyStream stream)
        {
            var all = new MemoryStream();
            await stream.CopyToAsync(all, Limit);
            Assert.True(data.AsSpan().SequenceEqual(all.ToArray()));
            return (int)all.Length;
        }
    }

    [Fact]
    public async Task A_reset_fails_the_reader_after_what_had_arrived()
    {
        var (client, server) = await OpenAsync();
        await client.WriteAsync("part"u8.ToArray(), Limit);
        await client.DisposeAsync();
        await _client.PingAsync(Limit);
        var buffer = new byte[16];
        Assert.Equal(4, await server.ReadAsync(buffer, Limit));
        await Assert.ThrowsAsync<IOException>(() => server.CopyToAsync(Stream.Null, Limit));
        Assert.True(server.IsReset);
        await Assert.ThrowsAsync<IOException>(async () => await server.WriteAsync(buffer, Limit));
    }

    [Fact]
    public async Task A_stream_that_nobody_reads_any_more_does_not_hold_up_the_others()
    {
        var (client, server) = await OpenAsync();
        var writing = client.WriteAsync(new byte[1_000_000], Limit).AsTask();
        server.Reset();
        var (other, peer) = await OpenAsync();
        await other.WriteAsync("x"u8.ToArray(), Limit);
        await other.CloseWriteAsync(Limit);
        Assert.Equal("x", await ReadAllAsync(peer));
        await Assert.ThrowsAsync<IOException>(async () =>
        {
            await writing;
            await client.WriteAsync(new byte[1], Limit);
        });
    }

    [Fact]
    public async Task More_streams_than_allowed_are_refused()
    {
        for (var i = 0; i < 8; i++)
        {
            await _client.OpenStreamAsync(_headers, Limit);
        }

        await Assert.ThrowsAsync<SpdyException>(() => _client.OpenStreamAsync(_headers, Limit));
        await _client.PingAsync(Limit);
    }

    [Fact]
    public async Task After_goaway_open_streams_go_on_and_new_ones_fail()
    {
        var (client, server) = await OpenAsync();
        await _server.GoAwayAsync(Limit);
        await _server.PingAsync(Limit);
        await Assert.ThrowsAsync<SpdyException>(() => _client.OpenStreamAsync(_headers, Limit));
        await server.WriteAsync("still"u8.ToArray(), Limit);
        await server.CloseWriteAsync(Limit);
        Assert.Equal("still", await ReadAllAsync(client));
    }

    [Fact]
    public async Task The_end_of_the_connection_ends_everything()
    {
        var (client, _) = await OpenAsync();
        var reading = client.ReadAsync(new byte[1], Limit).AsTask();
        var pinging = _client.PingAsync(Limit);
        await pinging;
        await _server.DisposeAsync();
        await Assert.ThrowsAsync<IOException>(() => reading);
        Assert.Null(await _client.AcceptStreamAsync(Limit));
        await _client.Completion.WaitAsync(Limit);
    }

    private async Task<string> ReadAllAsync(Stream stream)
    {
        using var reader = new StreamReader(stream, leaveOpen: true);
        return await reader.ReadToEndAsync(Limit);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
        _limit.Dispose();
    }
}
