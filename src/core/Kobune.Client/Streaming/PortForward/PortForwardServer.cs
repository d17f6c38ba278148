using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Kobune.Client.Streaming;

/// <summary>
/// Forwards one connection: carries <see cref="PortForwardConnection.Data"/> to the Pod and back. Returning ends both
/// streams in order; an exception's message is sent on the error stream first.
/// </summary>
public delegate Task PortForwardHandler(PortForwardConnection connection, CancellationToken cancellationToken);

/// <summary>
/// Serves portforward on a connection for which <see cref="UpgradeNegotiation.PortForward"/> was answered with 101:
/// per forwarded connection the client opens an error and a data stream that share a requestID.
/// </summary>
public sealed class PortForwardServer
{
    private static readonly TimeSpan _pairTimeout = TimeSpan.FromSeconds(30);

    private readonly SpdyConnection _connection;
    private readonly PortForwardHandler _handler;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, SpdyStream> _halves = [];
    private readonly ConcurrentDictionary<Task, bool> _running = new();

    private PortForwardServer(SpdyConnection connection, PortForwardHandler handler, TimeProvider time) =>
        (_connection, _handler, _time) = (connection, handler, time);

    /// <summary>Serves until the client goes away. Owns <paramref name="transport"/>. SPDY only, plain or tunnelled in a WebSocket.</summary>
    public static async Task RunAsync(
        Stream transport, UpgradeAnswer answer, PortForwardHandler handler, TimeProvider time, CancellationToken cancellationToken = default)
    {
        await using var connection = new SpdyConnection(Unwrap(transport, answer), server: true);
        var server = new PortForwardServer(connection, handler, time);
        await server.ServeAsync(cancellationToken);
    }

    /// <summary>
    /// The SPDY bytes of an upgraded connection, out of their WebSocket when they are in one: to be joined by
    /// <see cref="ByteTunnel"/> to a runtime that speaks plain SPDY.
    /// </summary>
    public static Stream Unwrap(Stream transport, UpgradeAnswer answer) => answer switch
    {
        { Transport: UpgradeTransport.Spdy } => transport,
        { Protocol: StreamProtocols.TunneledPortForward } => new WebSocketStream(transport, server: true),
        _ => throw new NotSupportedException($"port-forward protocol {answer.Protocol}"),
    };

    private async Task ServeAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _connection.Closed);
        try
        {
            while (await _connection.AcceptStreamAsync(cancellationToken) is { } stream)
            {
                if (Pair(stream) is { } pair)
                {
                    Track(HandleAsync(pair, stop.Token));
                }
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(_running.Keys);
        }
    }

    private PortForwardConnection? Pair(SpdyStream stream)
    {
        var type = stream.Headers.GetValueOrDefault("streamType");
        if (type is not ("data" or "error")
            || !ushort.TryParse(stream.Headers.GetValueOrDefault("port"), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || port == 0)
        {
            stream.Reset();
            return null;
        }

        // Clients of before there was a requestID open the error stream right before its data stream.
        var requestId = stream.Headers.GetValueOrDefault("requestID")
            ?? (type == "error" ? stream.Id : stream.Id - 2).ToString(CultureInfo.InvariantCulture);
        lock (_halves)
        {
            if (!_halves.Remove(requestId, out var other))
            {
                _halves.Add(requestId, stream);
                Track(ExpireAsync(requestId, stream));
                return null;
            }

            if (other.Headers.GetValueOrDefault("streamType") == type)
            {
                other.Reset();
                stream.Reset();
                return null;
            }

            return type == "data" ? new PortForwardConnection(port, stream, other) : new PortForwardConnection(port, other, stream);
        }
    }

    private async Task ExpireAsync(string requestId, SpdyStream stream)
    {
        try
        {
            await Task.Delay(_pairTimeout, _time, _connection.Closed);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        lock (_halves)
        {
            if (!_halves.TryGetValue(requestId, out var waiting) || waiting != stream)
            {
                return;
            }

            _halves.Remove(requestId);
        }

        stream.Reset();
    }

    private void Track(Task task)
    {
        _running[task] = true;
        _ = task.ContinueWith(t => _running.TryRemove(t, out _), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private async Task HandleAsync(PortForwardConnection connection, CancellationToken cancellationToken)
    {
        await using var owned = connection;
        try
        {
            string? error = null;
            try
            {
                await _handler(connection, cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                // A client that gave the connection up wants no report of how its own reset looked from here.
                error = ((SpdyStream)connection.Data).IsReset ? null : e.Message;
            }

            if (error is not null)
            {
                await connection.Error.WriteAsync(Encoding.UTF8.GetBytes(error), cancellationToken);
            }

            await ((SpdyStream)connection.Data).CloseWriteAsync(cancellationToken);
            await ((SpdyStream)connection.Error).CloseWriteAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client has dropped this connection or all of them.
        }
    }
}
