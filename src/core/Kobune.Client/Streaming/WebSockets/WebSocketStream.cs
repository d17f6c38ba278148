using System.Net.WebSockets;

namespace Kobune.Client.Streaming;

/// <summary>
/// The binary messages of a WebSocket as a byte stream, message boundaries ignored: the tunnel in which kubectl's
/// port-forward carries SPDY. Owns the connection.
/// </summary>
public sealed class WebSocketStream : DuplexStream, IHalfClose
{
    private readonly WebSocket _socket;
    private readonly Stream _transport;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private bool _ended;

    public WebSocketStream(Stream transport, bool server)
    {
        _transport = transport;
        _socket = ChannelSocket.Create(transport, server);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!_ended && buffer.Length > 0)
        {
            try
            {
                var received = await _socket.ReceiveAsync(buffer, cancellationToken);
                switch (received.MessageType)
                {
                    case WebSocketMessageType.Close:
                        _ended = true;
                        break;
                    case WebSocketMessageType.Text:
                        throw new IOException("a text message in a binary tunnel");
                    case WebSocketMessageType.Binary when received.Count > 0:
                        return received.Count;
                }
            }
            catch (WebSocketException e)
            {
                throw new IOException(e.Message, e);
            }
        }

        return 0;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await _socket.SendAsync(buffer, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
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

    /// <summary>Sends the close frame; what the peer still sends until its own can be read.</summary>
    public async ValueTask CloseWriteAsync(CancellationToken cancellationToken = default)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
            }
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

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _socket.Dispose();
            _transport.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Takes leave with a close frame if the peer can take one within a second, then closes the connection.</summary>
    public override async ValueTask DisposeAsync()
    {
        try
        {
            using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            await CloseWriteAsync(soon.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The peer has gone first.
        }

        Dispose();
    }
}
