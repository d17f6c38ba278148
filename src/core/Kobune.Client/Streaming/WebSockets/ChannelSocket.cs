using System.Buffers;
using System.Buffers.Text;
using System.Net.WebSockets;

namespace Kobune.Client.Streaming;

/// <summary>
/// The channel protocols (channel.k8s.io to v5): each message begins with the number of its channel, in the base64 forms
/// as a digit before base64 text. v5 adds channel 255, whose message names a channel that its sender has finished.
/// </summary>
internal sealed class ChannelSocket : IAsyncDisposable
{
    public const byte CloseSignal = 255;
    private const int MaxPayload = 32 * 1024;
    private const int MaxBase64Message = 128 * 1024;

    private readonly Stream _transport;
    private readonly WebSocket _socket;
    private readonly bool _base64;
    private readonly Dictionary<byte, ChannelStream> _channels;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly CancellationTokenSource _lifetime = new();
    private readonly CancellationTokenSource _closed = new();
    private int _disposed;

    public ChannelSocket(Stream transport, bool server, string protocol, params ReadOnlySpan<byte> channels)
    {
        _transport = transport;
        _socket = Create(transport, server);
        _base64 = StreamProtocols.IsBase64(protocol);

        // Only clients half-close: kubectl takes a CLOSE signal from a server for data on an unknown channel.
        CanHalfClose = protocol == StreamProtocols.V5 && !server;
        _channels = [];
        foreach (var channel in channels)
        {
            _channels[channel] = new ChannelStream(this, channel);
        }

        Closed = _closed.Token;
        Completion = RunAsync();
    }

    public ChannelStream this[byte channel] => _channels[channel];

    public bool CanHalfClose { get; }

    public Task Completion { get; }

    public CancellationToken Closed { get; }

    internal static WebSocket Create(Stream transport, bool server) => WebSocket.CreateFromStream(
        transport, new WebSocketCreationOptions { IsServer = server, KeepAliveInterval = TimeSpan.Zero });

    public async ValueTask SendAsync(byte channel, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        do
        {
            var part = data[..Math.Min(data.Length, MaxPayload)];
            data = data[part.Length..];
            var frame = ArrayPool<byte>.Shared.Rent(1 + Base64.GetMaxEncodedToUtf8Length(part.Length));
            try
            {
                var length = 1 + Encode(part.Span, frame.AsSpan(1));
                frame[0] = _base64 ? (byte)('0' + channel) : channel;
                await SendMessageAsync(frame.AsMemory(0, length), cancellationToken);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(frame);
            }
        }
        while (data.Length > 0);
    }

    private int Encode(ReadOnlySpan<byte> data, Span<byte> to)
    {
        if (_base64)
        {
            Base64.EncodeToUtf8(data, to, out _, out var written);
            return written;
        }

        data.CopyTo(to);
        return data.Length;
    }

    public ValueTask SendCloseSignalAsync(byte channel, CancellationToken cancellationToken) =>
        SendMessageAsync(new[] { CloseSignal, channel }, cancellationToken);

    private async ValueTask SendMessageAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await _socket.SendAsync(message, _base64 ? WebSocketMessageType.Text : WebSocketMessageType.Binary, true, cancellationToken);
        }
        catch (Exception e) when (e is WebSocketException or InvalidOperationException)
        {
            throw new IOException(e.Message, e);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task RunAsync()
    {
        IOException? failure = null;
        try
        {
            await ReceiveAsync();
        }
        catch (Exception e)
        {
            // Whatever a transport throws when it ends, the channels must learn that it has.
            failure = new IOException("the WebSocket broke: " + e.Message, e);
        }

        await _closed.CancelAsync();
        foreach (var channel in _channels.Values)
        {
            channel.Inbox.End(failure);
        }
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[_base64 ? MaxBase64Message : 1 + MaxPayload];
        while (true)
        {
            // The first bytes of a message, then its rest, name one channel. A base64 message must come in one piece.
            var received = await ReceiveAtLeastAsync(buffer, _base64 ? buffer.Length : 1);
            if (received is not { } message)
            {
                return;
            }

            if (_base64 && !message.EndOfMessage)
            {
                throw new IOException("a base64 message is too long");
            }

            await DispatchAsync(buffer.AsMemory(0, message.Count));
            while (!message.EndOfMessage)
            {
                var rest = await _socket.ReceiveAsync(buffer.AsMemory(1), _lifetime.Token);
                await DispatchAsync(buffer.AsMemory(0, 1 + rest.Count));
                message = (rest.Count, rest.EndOfMessage);
            }
        }
    }

    /// <summary>Receives until the message ends or <paramref name="wanted"/> bytes are there; null at the close frame.</summary>
    private async ValueTask<(int Count, bool EndOfMessage)?> ReceiveAtLeastAsync(Memory<byte> buffer, int wanted)
    {
        var count = 0;
        while (true)
        {
            var received = await _socket.ReceiveAsync(buffer[count..], _lifetime.Token);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                return _socket.CloseStatus is null or WebSocketCloseStatus.NormalClosure or WebSocketCloseStatus.Empty
                    ? null
                    : throw new IOException($"closed with status {(int?)_socket.CloseStatus} {_socket.CloseStatusDescription}");
            }

            count += received.Count;
            if (received.EndOfMessage || count >= wanted)
            {
                return (count, received.EndOfMessage);
            }
        }
    }

    private async ValueTask DispatchAsync(Memory<byte> message)
    {
        if (message.IsEmpty)
        {
            return;
        }

        var number = message.Span[0];
        if (number == CloseSignal && message.Length == 2)
        {
            _channels.GetValueOrDefault(message.Span[1])?.OnRemoteEnd();
            return;
        }

        // Messages for channels that were not asked for are dropped, as Kubernetes does.
        if (message.Length > 1 && _channels.TryGetValue((byte)(_base64 ? number - '0' : number), out var channel))
        {
            await channel.ReceiveAsync(Decode(message[1..]), _lifetime.Token);
        }
    }

    private Memory<byte> Decode(Memory<byte> data)
    {
        if (!_base64)
        {
            return data;
        }

        return Base64.DecodeFromUtf8InPlace(data.Span, out var length) == OperationStatus.Done
            ? data[..length]
            : throw new IOException("a message is not base64");
    }

    /// <summary>Sends the close frame and waits until the peer has closed, for <paramref name="grace"/> at most; then disposes.</summary>
    public async Task CloseAsync(TimeSpan grace, TimeProvider time)
    {
        try
        {
            using var timeout = new CancellationTokenSource(grace, time);
            await _writing.WaitAsync(timeout.Token);
            try
            {
                if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                {
                    await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, timeout.Token);
                }
            }
            finally
            {
                _writing.Release();
            }

            await Completion.WaitAsync(timeout.Token);
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // A peer that does not take its leave is cut off.
        }

        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await _lifetime.CancelAsync();
            await _transport.DisposeAsync();
        }

        await Completion;
        _socket.Dispose();
    }
}
