using System.Globalization;

namespace Kobune.Client.Streaming;

/// <summary>Opens connections to ports of one Pod over one upgraded connection.</summary>
public sealed class PortForwardClient : IAsyncDisposable
{
    private readonly SpdyConnection _connection;
    private int _lastRequest;

    /// <summary>Takes an upgrade to SPDY with <see cref="StreamProtocols.PortForward"/>, or to a WebSocket with
    /// <see cref="StreamProtocols.TunneledPortForward"/>, and owns it.</summary>
    public PortForwardClient(UpgradedConnection connection) => _connection = new SpdyConnection(
        connection.Transport == UpgradeTransport.Spdy ? connection.Stream : new WebSocketStream(connection.Stream, server: false),
        server: false);

    /// <summary>Cancelled when the server is gone.</summary>
    public CancellationToken Disconnected => _connection.Closed;

    /// <summary>
    /// Opens one connection to <paramref name="port"/>. Success says nothing yet about the port: a failure there arrives by
    /// <see cref="PortForwardConnection.ReadErrorAsync"/>.
    /// </summary>
    public async Task<PortForwardConnection> OpenAsync(int port, CancellationToken cancellationToken = default)
    {
        var request = (Interlocked.Increment(ref _lastRequest) - 1).ToString(CultureInfo.InvariantCulture);
        var error = await OpenAsync("error", port, request, cancellationToken);
        error.ResetIsEnd = true;
        try
        {
            await error.CloseWriteAsync(cancellationToken);
            return new PortForwardConnection(port, await OpenAsync("data", port, request, cancellationToken), error);
        }
        catch
        {
            await error.DisposeAsync();
            throw;
        }
    }

    private Task<SpdyStream> OpenAsync(string type, int port, string request, CancellationToken cancellationToken) =>
        _connection.OpenStreamAsync(
            [
                new("streamType", type),
                new("port", port.ToString(CultureInfo.InvariantCulture)),
                new("requestID", request),
            ],
            cancellationToken);

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
