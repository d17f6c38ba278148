using System.Buffers;
using System.Collections.Concurrent;

namespace Kobune.Client.Streaming;

/// <summary>
/// The one place that writes to the transport. Replies are posted, never awaited by the reading loop: two peers whose
/// reading loops wait for each other's sockets to drain would otherwise stop for ever.
/// </summary>
internal sealed class SpdyFrameWriter(Stream transport, SpdyOptions options, CancellationToken lifetime)
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ConcurrentQueue<Reply> _replies = new();
    private readonly SpdyHeaderCompressor _headers = new();

    /// <summary>Writes one frame of at most <see cref="SpdyFrame.MaxDataLength"/> bytes.</summary>
    public async Task WriteDataAsync(uint streamId, ReadOnlyMemory<byte> data, bool fin, CancellationToken cancellationToken)
    {
        var frame = ArrayPool<byte>.Shared.Rent(SpdyFrame.HeaderLength + data.Length);
        SpdyFrame.WriteDataHeader(frame, streamId, fin ? SpdyFrame.Fin : (byte)0, data.Length);
        data.CopyTo(frame.AsMemory(SpdyFrame.HeaderLength));

        // A cancelled caller stops waiting, but a frame once begun is written whole.
        await SendAsync(frame, SpdyFrame.HeaderLength + data.Length).WaitAsync(cancellationToken);
    }

    private async Task SendAsync(byte[] rented, int length)
    {
        await _gate.WaitAsync(lifetime);
        try
        {
            await DrainAsync();
            await transport.WriteAsync(rented.AsMemory(0, length), lifetime);
        }
        finally
        {
            _gate.Release();
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Writes SYN_STREAM; <paramref name="register"/> gives the id under the lock, since ids must rise on the wire.</summary>
    public async Task WriteSynStreamAsync(
        Func<uint> register, IEnumerable<KeyValuePair<string, string>> headers, byte priority, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            await DrainAsync();
            var id = register();
            await transport.WriteAsync(SpdyFrame.WithHeaders(SpdyFrame.SynStream, 0, id, priority, _headers.Compress(headers)), lifetime);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <exception cref="SpdyException">The peer causes replies faster than it reads them.</exception>
    public void PostSynReply(uint streamId) => Post(new Reply(null, streamId));

    /// <inheritdoc cref="PostSynReply"/>
    public void Post(byte[] frame) => Post(new Reply(frame, 0));

    private void Post(Reply reply)
    {
        if (_replies.Count >= options.MaxPendingReplies)
        {
            throw new SpdyException("the peer does not read the replies that it causes");
        }

        _replies.Enqueue(reply);
        _ = PumpAsync();
    }

    /// <summary>Waits until everything posted so far is written.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            await DrainAsync();
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task PumpAsync()
    {
        try
        {
            await FlushAsync(lifetime);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // The transport is gone; the reading loop meets the same end and reports it.
        }
    }

    private async ValueTask DrainAsync()
    {
        while (_replies.TryDequeue(out var reply))
        {
            var frame = reply.Frame
                ?? SpdyFrame.WithHeaders(SpdyFrame.SynReply, 0, reply.StreamId, 0, _headers.Compress([]));
            await transport.WriteAsync(frame, lifetime);
        }
    }

    /// <summary>A ready frame, or (no frame) a SYN_REPLY without headers, compressed when its turn comes.</summary>
    private readonly record struct Reply(byte[]? Frame, uint StreamId);
}
