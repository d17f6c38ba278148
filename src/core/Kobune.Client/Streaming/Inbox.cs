using System.Buffers;
using System.IO.Pipelines;

namespace Kobune.Client.Streaming;

/// <summary>
/// What a demultiplexer has received for one stream and its reader has not yet taken. Bounded: when it is full the
/// demultiplexer waits, and with it the whole connection, which is how the peer feels that nobody reads.
/// The demultiplexer alone feeds and ends it; one reader alone takes from it.
/// </summary>
internal sealed class Inbox(int limit)
{
    private readonly Pipe _pipe = new(new PipeOptions(
        pauseWriterThreshold: limit, resumeWriterThreshold: limit / 2, useSynchronizationContext: false));

    private volatile Exception? _failure;
    private volatile bool _ended;
    private volatile bool _closed;

    /// <summary>Nothing more is to come.</summary>
    public bool Ended => _ended;

    public Memory<byte> Rent(int sizeHint) => _pipe.Writer.GetMemory(sizeHint);

    /// <summary>Makes the first <paramref name="count"/> rented bytes readable; false when the reader wants no more.</summary>
    public async ValueTask<bool> CommitAsync(int count, CancellationToken cancellationToken)
    {
        _pipe.Writer.Advance(count);
        var flush = await _pipe.Writer.FlushAsync(cancellationToken);
        return !flush.IsCompleted;
    }

    public async ValueTask<bool> AddAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) =>
        !(await _pipe.Writer.WriteAsync(data, cancellationToken)).IsCompleted;

    /// <summary>
    /// Ends the inbox; the reader first gets what is buffered, then the end or <paramref name="failure"/>.
    /// (Completing the pipe itself with the exception would lose the buffered bytes.)
    /// </summary>
    public void End(Exception? failure = null)
    {
        if (_ended)
        {
            return;
        }

        _ended = true;
        _failure = failure;
        _pipe.Writer.Complete();
    }

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        if (buffer.IsEmpty)
        {
            return 0;
        }

        var result = await _pipe.Reader.ReadAsync(cancellationToken);
        ObjectDisposedException.ThrowIf(_closed, this);
        var available = result.Buffer;
        if (!available.IsEmpty)
        {
            var count = (int)Math.Min(buffer.Length, available.Length);
            var taken = available.Slice(0, count);
            taken.CopyTo(buffer.Span);
            _pipe.Reader.AdvanceTo(taken.End);
            return count;
        }

        _pipe.Reader.AdvanceTo(available.End);
        return _failure is { } failure ? throw new IOException(failure.Message, failure) : 0;
    }

    /// <summary>The reader goes away: what comes from now on is dropped, and a waiting demultiplexer continues.</summary>
    public void CloseReader()
    {
        if (!_closed)
        {
            _closed = true;
            _pipe.Reader.CancelPendingRead();
            _pipe.Reader.Complete();
        }
    }
}
