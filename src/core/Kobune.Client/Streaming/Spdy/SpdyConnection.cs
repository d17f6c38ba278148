using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Kobune.Client.Streaming;

/// <summary>
/// One end of a SPDY/3.1 connection, in the subset that Kubernetes peers speak (moby/spdystream): no flow-control windows —
/// those peers neither send nor heed WINDOW_UPDATE — so a reader that lags holds up the whole connection instead.
/// Owns its transport.
/// </summary>
public sealed class SpdyConnection : IAsyncDisposable
{
    private readonly Stream _transport;
    private readonly SpdyOptions _options;
    private readonly SpdyFrameReader _reader;
    private readonly SpdyHeaderDecompressor _headers;
    private readonly CancellationTokenSource _lifetime = new();
    private readonly CancellationTokenSource _closed = new();
    private readonly ConcurrentDictionary<uint, SpdyStream> _streams = new();
    private readonly ConcurrentDictionary<uint, TaskCompletionSource> _pings = new();
    private readonly Channel<SpdyStream> _incoming;
    private readonly bool _server;
    private uint _lastLocalId, _lastRemoteId, _lastPingId;
    private volatile bool _goneAway;
    private volatile SpdyException? _failure;
    private int _disposed;

    public SpdyConnection(Stream transport, bool server, SpdyOptions? options = null)
    {
        _transport = transport;
        _server = server;
        _options = options ?? SpdyOptions.Default;
        _reader = new SpdyFrameReader(transport);
        _headers = new SpdyHeaderDecompressor(_options.MaxHeaderBytes);
        Writer = new SpdyFrameWriter(transport, _options, _lifetime.Token);
        _incoming = Channel.CreateBounded<SpdyStream>(_options.MaxStreams);
        Closed = _closed.Token;
        Completion = RunAsync();
    }

    /// <summary>Ends when the peer has ended the connection or either side broke it; never faults (see <see cref="Failure"/>).</summary>
    public Task Completion { get; }

    /// <summary>Cancelled when <see cref="Completion"/> is about to end.</summary>
    public CancellationToken Closed { get; }

    /// <summary>Why the connection ended, when it did not end in order.</summary>
    public SpdyException? Failure => _failure;

    internal SpdyFrameWriter Writer { get; }

    /// <summary>Opens a stream and waits for the peer's reply.</summary>
    /// <exception cref="SpdyException">The peer refused it, goes away, or is gone.</exception>
    public async Task<SpdyStream> OpenStreamAsync(
        IEnumerable<KeyValuePair<string, string>> headers, CancellationToken cancellationToken = default, byte priority = 0)
    {
        SpdyStream? stream = null;
        var list = headers.ToList();
        await Writer.WriteSynStreamAsync(Register, list, priority, cancellationToken);
        await stream!.Replied.WaitAsync(cancellationToken);
        return stream;

        uint Register()
        {
            if (_goneAway || Closed.IsCancellationRequested)
            {
                throw _failure ?? new SpdyException("the connection is closing");
            }

            _lastLocalId = _lastLocalId == 0 ? (_server ? 2u : 1u) : _lastLocalId + 2;
            var named = list.ToDictionary(h => h.Key, h => h.Value, StringComparer.OrdinalIgnoreCase);
            stream = new SpdyStream(this, _lastLocalId, named, _options.StreamBufferBytes);
            _streams[stream.Id] = stream;
            return stream.Id;
        }
    }

    /// <summary>The next stream that the peer opened (already replied to); null when the connection has ended.</summary>
    public async ValueTask<SpdyStream?> AcceptStreamAsync(CancellationToken cancellationToken = default)
    {
        while (await _incoming.Reader.WaitToReadAsync(cancellationToken))
        {
            if (_incoming.Reader.TryRead(out var stream))
            {
                return stream;
            }
        }

        return null;
    }

    /// <summary>Sends a PING and waits for its echo.</summary>
    public async Task PingAsync(CancellationToken cancellationToken = default)
    {
        var id = (Interlocked.Add(ref _lastPingId, 2) & 0x7fff_fffe) + (_server ? 2u : 1u);
        var echoed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _pings[id] = echoed;
        try
        {
            Writer.Post(SpdyFrame.Control(SpdyFrame.Ping, id));
            using var ended = Closed.Register(() => echoed.TrySetException(new SpdyException("the connection ended")));
            await echoed.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            _pings.TryRemove(id, out _);
        }
    }

    /// <summary>Announces that no further streams are accepted (GOAWAY); open ones go on.</summary>
    public async Task GoAwayAsync(CancellationToken cancellationToken = default)
    {
        _goneAway = true;
        Writer.Post(SpdyFrame.Control(SpdyFrame.GoAway, _lastRemoteId, 0));
        await Writer.FlushAsync(cancellationToken);
    }

    /// <summary>GOAWAY, then waits until the peer has closed, for <paramref name="grace"/> at most; then disposes.</summary>
    public async Task CloseAsync(TimeSpan grace, TimeProvider time)
    {
        try
        {
            using var timeout = new CancellationTokenSource(grace, time);
            await GoAwayAsync(timeout.Token);
            await Completion.WaitAsync(timeout.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // A peer that does not take its leave is cut off.
        }

        await DisposeAsync();
    }

    internal void PostReset(uint id, uint status)
    {
        try
        {
            Writer.Post(SpdyFrame.Control(SpdyFrame.RstStream, id, status));
        }
        catch (SpdyException)
        {
            _ = DisposeAsync().AsTask();
        }
    }

    internal void Forget(SpdyStream stream) => _streams.TryRemove(stream.Id, out _);

    private async Task RunAsync()
    {
        try
        {
            while (await _reader.ReadHeaderAsync(_lifetime.Token) is { } header)
            {
                await (header.IsControl ? HandleControlAsync(header) : HandleDataAsync(header));
            }
        }
        catch (SpdyException e)
        {
            _failure = e;
            await SayProtocolErrorAsync();
        }
        catch (Exception e)
        {
            // Whatever a transport throws when it ends, streams and acceptors must learn that it has.
            _failure = new SpdyException("the connection broke: " + e.Message, e);
        }

        await EndAsync();
    }

    private async Task SayProtocolErrorAsync()
    {
        try
        {
            Writer.Post(SpdyFrame.Control(SpdyFrame.GoAway, _lastRemoteId, SpdyFrame.ProtocolError));
            await Writer.FlushAsync(_lifetime.Token).WaitAsync(TimeSpan.FromSeconds(1));
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or TimeoutException)
        {
            // It was a courtesy.
        }
    }

    private async Task EndAsync()
    {
        _goneAway = true;
        var failure = _failure ?? new SpdyException("the connection ended before the stream");
        await _closed.CancelAsync();
        foreach (var stream in _streams.Values)
        {
            stream.OnFailure(failure, reset: false);
        }

        _incoming.Writer.TryComplete();
        if (_failure is not null)
        {
            await DisposeTransportAsync();
        }
    }

    private async Task HandleDataAsync(SpdyFrameHeader header)
    {
        var id = header.StreamId;
        if (!_streams.TryGetValue(id, out var stream) || stream.Inbox.Ended)
        {
            // Data for a stream that has just been closed here is no fault of the peer's.
            await _reader.SkipAsync(header.Length, _lifetime.Token);
            if (id == 0 || id > (IsRemote(id) ? _lastRemoteId : _lastLocalId))
            {
                Writer.Post(SpdyFrame.Control(SpdyFrame.RstStream, id, SpdyFrame.InvalidStream));
            }

            return;
        }

        var inbox = stream.Inbox;
        for (var rest = header.Length; rest > 0;)
        {
            var room = inbox.Rent(Math.Min(rest, 4096));
            var count = await _reader.ReadSomeAsync(room[..Math.Min(rest, room.Length)], _lifetime.Token);
            rest -= count;
            if (!await inbox.CommitAsync(count, _lifetime.Token))
            {
                await _reader.SkipAsync(rest, _lifetime.Token);
                break;
            }
        }

        if (header.Fin)
        {
            stream.OnRemoteEnd();
        }
    }

    private async Task HandleControlAsync(SpdyFrameHeader header)
    {
        if (header.Version != SpdyFrame.Version)
        {
            throw new SpdyException($"SPDY version {header.Version} is not supported");
        }

        if (header.Length > _options.MaxControlFrameBytes)
        {
            throw new SpdyException($"a control frame of {header.Length} bytes is too long");
        }

        var payload = await _reader.ReadPayloadAsync(header.Length, _lifetime.Token);
        switch (header.Type)
        {
            case SpdyFrame.SynStream:
                HandleSynStream(header, payload);
                break;
            case SpdyFrame.SynReply:
                Find(payload, 4, exact: false)?.OnReply();
                _ = ReadHeaders(payload.AsSpan(4));
                EndIfFin(header, payload);
                break;
            case SpdyFrame.Headers:
                RequireLength(payload, 4, exact: false);
                _ = ReadHeaders(payload.AsSpan(4));
                EndIfFin(header, payload);
                break;
            case SpdyFrame.RstStream:
                var status = Word(RequireLength(payload, 8), 4);
                Find(payload, 8)?.OnFailure(new SpdyException($"the peer reset the stream (status {status})"), reset: true);
                break;
            case SpdyFrame.Settings:
                RequireLength(payload, 4, exact: false);
                RequireLength(payload, (int)Math.Min(4L + 8L * Word(payload, 0), int.MaxValue));
                break;
            case SpdyFrame.Ping:
                HandlePing(Word(RequireLength(payload, 4), 0));
                break;
            case SpdyFrame.GoAway:
                RequireLength(payload, 8);
                _goneAway = true;
                break;
            case SpdyFrame.WindowUpdate:
                RequireLength(payload, 8);
                break;
            default:
                // §2.2.1: frames of unknown types are ignored.
                break;
        }
    }

    private void HandleSynStream(SpdyFrameHeader header, byte[] payload)
    {
        var id = Word(RequireLength(payload, 10, exact: false), 0) & 0x7fff_ffff;

        // Read even for a stream that is refused: the compression state runs through all blocks.
        var headers = ReadHeaders(payload.AsSpan(10));
        if (!IsRemote(id) || id <= _lastRemoteId)
        {
            throw new SpdyException($"stream id {id} is out of order");
        }

        _lastRemoteId = id;
        var stream = new SpdyStream(this, id, headers, _options.StreamBufferBytes);
        if ((header.Flags & SpdyFrame.Unidirectional) != 0)
        {
            stream.OnUnidirectional();
        }

        if (_goneAway || _streams.Count >= _options.MaxStreams || !_streams.TryAdd(id, stream))
        {
            Writer.Post(SpdyFrame.Control(SpdyFrame.RstStream, id, SpdyFrame.RefusedStream));
            return;
        }

        // The reply is queued before the stream is handed out: spdystream drops data that comes ahead of the reply.
        Writer.PostSynReply(id);
        if (header.Fin)
        {
            stream.OnRemoteEnd();
        }

        if (!_incoming.Writer.TryWrite(stream))
        {
            stream.Reset();
        }
    }

    private void HandlePing(uint id)
    {
        if ((id & 1) == (_server ? 0u : 1u))
        {
            if (_pings.TryRemove(id, out var echoed))
            {
                echoed.TrySetResult();
            }
        }
        else
        {
            Writer.Post(SpdyFrame.Control(SpdyFrame.Ping, id));
        }
    }

    private void EndIfFin(SpdyFrameHeader header, byte[] payload)
    {
        if (header.Fin)
        {
            Find(payload, 4, exact: false)?.OnRemoteEnd();
        }
    }

    private IReadOnlyDictionary<string, string> ReadHeaders(ReadOnlySpan<byte> block) => _headers.Decompress(block);

    private SpdyStream? Find(byte[] payload, int length, bool exact = true) =>
        _streams.GetValueOrDefault(Word(RequireLength(payload, length, exact), 0) & 0x7fff_ffff);

    private bool IsRemote(uint id) => (id & 1) == (_server ? 1u : 0u);

    private static uint Word(byte[] payload, int at) => BinaryPrimitives.ReadUInt32BigEndian(payload.AsSpan(at));

    private static byte[] RequireLength(byte[] payload, int length, bool exact = true) =>
        payload.Length == length || (!exact && payload.Length > length)
            ? payload
            : throw new SpdyException("a control frame has the wrong length");

    private async ValueTask DisposeTransportAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            try
            {
                // First, since a WebSocket with a cancelled read can no longer send its close frame.
                await _transport.DisposeAsync();
            }
            finally
            {
                await _lifetime.CancelAsync();
            }
        }
    }

    /// <summary>Cuts the connection off; open streams fail.</summary>
    public async ValueTask DisposeAsync()
    {
        await DisposeTransportAsync();
        await Completion;
        _headers.Dispose();
    }
}
