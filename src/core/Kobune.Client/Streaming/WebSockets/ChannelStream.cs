namespace Kobune.Client.Streaming;

/// <summary>One channel of a <see cref="ChannelSocket"/>.</summary>
internal sealed class ChannelStream(ChannelSocket socket, byte number) : DuplexStream, IHalfClose
{
    private const int BufferBytes = 256 * 1024;

    private volatile bool _localEnded;
    private bool _ended;

    public Inbox Inbox { get; } = new(BufferBytes);

    internal async ValueTask ReceiveAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (!_ended)
        {
            _ended = !await Inbox.AddAsync(data, cancellationToken);
        }
    }

    /// <summary>Called by the receiving loop when the peer has finished this channel.</summary>
    internal void OnRemoteEnd()
    {
        _ended = true;
        Inbox.End();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Inbox.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        _localEnded ? throw new IOException("write to a channel that was half-closed")
        : buffer.IsEmpty ? ValueTask.CompletedTask
        : socket.SendAsync(number, buffer, cancellationToken);

    /// <summary>Before v5, and from a server, the peer cannot be told; then only further writes are refused.</summary>
    public async ValueTask CloseWriteAsync(CancellationToken cancellationToken = default)
    {
        if (!_localEnded)
        {
            _localEnded = true;
            if (socket.CanHalfClose)
            {
                await socket.SendCloseSignalAsync(number, cancellationToken);
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Inbox.CloseReader();
        }

        base.Dispose(disposing);
    }
}
