using System.Runtime.CompilerServices;
using Kobune.Cri.Grpc;
using Kobune.Cri.V1;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kobune.Cri.Tests.Grpc;

/// <summary>Client and server against each other, on a socket.</summary>
public sealed class GrpcCallTests : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("kgrpc-");
    private readonly TaskCompletionSource _cancelled = new();
    private GrpcServer _server = null!;
    private GrpcChannel _channel = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        string socket = Path.Combine(_directory.FullName, "s");
        var methods = new GrpcMethods()
            .Unary("/t.T/Echo", VersionRequest.Parser, (r, _) => Task.FromResult(new VersionResponse { Version = r.Version }))
            .Unary<VersionRequest, VersionResponse>("/t.T/Fail", VersionRequest.Parser, (r, _) => throw new RpcException((StatusCode)int.Parse(r.Version), "no: 100 % ✓"))
            .Unary<VersionRequest, VersionResponse>("/t.T/Hang", VersionRequest.Parser, HangAsync)
            .Stream("/t.T/Count", VersionRequest.Parser, CountAsync);
        _server = await GrpcServer.StartAsync(socket, methods, NullLoggerFactory.Instance, Cancellation);
        _channel = GrpcChannel.ForUnixSocket(socket, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _server.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100_000)]
    [InlineData(5_000_000)]
    public async Task Unary_calls_carry_messages_of_any_size(int size)
    {
        string text = new('x', size);
        Assert.Equal(text, (await CallAsync("Echo", text)).Version);
    }

    [Fact]
    public async Task Many_calls_share_the_connection()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => CallAsync("Echo", $"{i}")));
        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"{i}"), answers.Select(a => a.Version));
    }

    [Theory]
    [InlineData(StatusCode.NotFound)]
    [InlineData(StatusCode.Unknown)]
    [InlineData(StatusCode.Unauthenticated)]
    public async Task Failures_keep_their_code_and_message(StatusCode code)
    {
        var e = await Assert.ThrowsAsync<RpcException>(() => CallAsync("Fail", $"{(int)code}"));
        Assert.Equal(code, e.StatusCode);
        Assert.Equal("no: 100 % ✓", e.Message);
        Assert.Equal($"rpc error: code = {code} desc = no: 100 % ✓", e.Describe());
    }

    [Fact]
    public async Task Unknown_methods_are_unimplemented()
    {
        var e = await Assert.ThrowsAsync<RpcException>(() => CallAsync("Nothing", ""));
        Assert.Equal(StatusCode.Unimplemented, e.StatusCode);
    }

    [Fact]
    public async Task Nobody_listening_is_unavailable()
    {
        using var channel = GrpcChannel.ForUnixSocket(Path.Combine(_directory.FullName, "nobody"), TimeProvider.System);
        var e = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync("/t.T/Echo", new VersionRequest(), VersionResponse.Parser, null, Cancellation));
        Assert.Equal(StatusCode.Unavailable, e.StatusCode);
    }

    [Fact]
    public async Task Deadlines_end_calls_on_both_sides()
    {
        var e = await Assert.ThrowsAsync<RpcException>(() => CallAsync("Hang", "", TimeSpan.FromMilliseconds(50)));
        Assert.Equal(StatusCode.DeadlineExceeded, e.StatusCode);
        await _cancelled.Task.WaitAsync(Cancellation);
    }

    [Fact]
    public async Task Cancellation_stays_cancellation()
    {
        using var cancel = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _channel.UnaryAsync("/t.T/Hang", new VersionRequest(), VersionResponse.Parser, null, cancel.Token));
        await _cancelled.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
    }

    [Fact]
    public async Task Streams_yield_in_order_and_end_with_their_status()
    {
        List<string> got = [];
        var e = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var message in _channel.StreamAsync("/t.T/Count", new VersionRequest { Version = "3" }, VersionResponse.Parser, Cancellation))
                got.Add(message.Version);
        });
        Assert.Equal(["0", "1", "2"], got);
        Assert.Equal((StatusCode.Aborted, "enough"), (e.StatusCode, e.Message));
    }

    [Fact]
    public async Task A_peer_that_dies_makes_streams_unavailable()
    {
        var stream = _channel.StreamAsync("/t.T/Count", new VersionRequest { Version = "-1" }, VersionResponse.Parser, Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True(await stream.MoveNextAsync());
        ValueTask<bool> next = stream.MoveNextAsync();
        await _server.DisposeAsync();
        var e = await Assert.ThrowsAsync<RpcException>(async () => await next);
        Assert.Equal(StatusCode.Unavailable, e.StatusCode);
    }

    private Task<VersionResponse> CallAsync(string method, string text, TimeSpan? timeout = null) =>
        _channel.UnaryAsync("/t.T/" + method, new VersionRequest { Version = text }, VersionResponse.Parser, timeout, Cancellation);

    private async Task<VersionResponse> HangAsync(VersionRequest request, CancellationToken cancellation)
    {
        using var registration = cancellation.Register(() => _cancelled.TrySetResult());
        await Task.Delay(Timeout.Infinite, cancellation);
        return new VersionResponse();
    }

    // A negative count sends one message and then nothing more.
    private static async IAsyncEnumerable<VersionResponse> CountAsync(VersionRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        int count = int.Parse(request.Version);
        for (int i = 0; i < Math.Abs(count); i++)
            yield return new VersionResponse { Version = $"{i}" };
        if (count < 0)
            await Task.Delay(Timeout.Infinite, cancellation);
        throw new RpcException(StatusCode.Aborted, "enough");
    }
}
