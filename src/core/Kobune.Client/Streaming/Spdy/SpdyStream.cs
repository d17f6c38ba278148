namespace Kobune.Client.Streaming;

/// <summary>
/// One stream of a <see cref="SpdyConnection"/>. A read returns 0 after the peer's half-close and throws
/// <see cref="IOException"/> after a reset or a broken connection, in each case after what had arrived before.
/// </summary>
public sealed class SpdyStream : DuplexStream, IHalfClose
{
    private readonly SpdyConnection _connection;
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _replied = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _localEnded, _remoteEnded, _reset, _disposed;
    private SpdyException? _failure;

    internal SpdyStream(SpdyConnection connection, uint id, IReadOnlyDictionary<string, string> headers, int bufferBytes)
    {
        _connection = connection;
        Id = id;
        Headers = headers;
        Inbox = new Inbox(bufferBytes);

        // Awaited by whoever opened the stream; an incoming stream, or an opener that gave up, observes nothing.
        _ = _replied.Task.ContinueWith(
            t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Odd when the client opened the stream, even when the server did.</summary>
    public uint Id { get; }

    /// <summary>The headers it was opened with; names are matched without regard to case.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; }

    /// <summary>The stream was reset, by either side.</summary>
    public bool IsReset => _reset;

    internal Inbox Inbox { get; }

    internal Task Replied => _replied.Task;

    /// <summary>
    /// The peer's reset reads as a plain end. Remote command peers end their output so: Kubernetes' own server resets
    /// the streams that are left once the exit status is sent.
    /// </summary>
    internal bool ResetIsEnd { get; set; }

    public override bool CanWrite => !_localEnded;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await Inbox.ReadAsync(buffer, cancellationToken);
        }
        catch (IOException) when (ResetIsEnd && _reset)
        {
            return 0;
        }
    }

    /// <exception cref="IOException">The stream was half-closed here, reset, or its connection is gone.</exception>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        for (var rest = buffer; rest.Length > 0;)
        {
            ThrowIfNotWritable();
            var part = rest[..Math.Min(rest.Length, SpdyFrame.MaxDataLength)];
            await _connection.Writer.WriteDataAsync(Id, part, fin: false, cancellationToken);
            rest = rest[part.Length..];
        }
    }

    /// <inheritdoc/>
    public async ValueTask CloseWriteAsync(CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            if (_localEnded || _failure is not null)
            {
                return;
            }

            _localEnded = true;
        }

        await _connection.Writer.WriteDataAsync(Id, default, fin: true, cancellationToken);
        ForgetIfEnded();
    }

    /// <summary>Abandons the stream in both directions (RST_STREAM, CANCEL). What is on its way to us is dropped.</summary>
    public void Reset()
    {
        if (Fail(new SpdyException("the stream was reset here"), reset: true))
        {
            _connection.PostReset(Id, SpdyFrame.Cancel);
        }

        Inbox.CloseReader();
    }

    private void ThrowIfNotWritable()
    {
        if (_failure is { } failure)
        {
            throw new IOException(failure.Message, failure);
        }

        if (_localEnded)
        {
            throw new IOException("write to a stream that was half-closed");
        }
    }

    internal void OnReply() => _replied.TrySetResult();

    internal void OnUnidirectional() => _localEnded = true;

    /// <summary>Called by the reading loop when the peer half-closes.</summary>
    internal void OnRemoteEnd()
    {
        _remoteEnded = true;
        Inbox.End();
        ForgetIfEnded();
    }

    /// <summary>Called by the reading loop on RST_STREAM, and for every stream when the connection ends.</summary>
    internal void OnFailure(SpdyException failure, bool reset)
    {
        Fail(failure, reset);
        Inbox.End(_remoteEnded ? null : failure);
    }

    private bool Fail(SpdyException failure, bool reset)
    {
        lock (_lock)
        {
            if (_failure is not null || (_localEnded && _remoteEnded))
            {
                return false;
            }

            _failure = failure;
            _reset = reset;
        }

        _replied.TrySetException(failure);
        _connection.Forget(this);
        return true;
    }

    private void ForgetIfEnded()
    {
        if (_localEnded && _remoteEnded)
        {
            _connection.Forget(this);
        }
    }

    /// <summary>Resets the stream unless both sides had ended it.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            Reset();
        }

        base.Dispose(disposing);
    }

    public override ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
