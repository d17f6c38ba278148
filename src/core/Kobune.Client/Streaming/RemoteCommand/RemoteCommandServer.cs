namespace Kobune.Client.Streaming;

/// <summary>Serves exec and attach on a connection for which <see cref="UpgradeNegotiation.RemoteCommand"/> was answered with 101.</summary>
public static class RemoteCommandServer
{
    /// <summary>Establishes the streams. The result owns <paramref name="transport"/>.</summary>
    /// <exception cref="IOException">The client went away, or did not open its streams in time.</exception>
    public static async Task<RemoteCommandStreams> AcceptAsync(
        Stream transport, UpgradeAnswer answer, RemoteCommandOptions options, TimeProvider time, CancellationToken cancellationToken = default)
    {
        var channels = RemoteCommandChannels.For(options, answer.Protocol);
        if (answer.Transport == UpgradeTransport.WebSocket)
        {
            var socket = new ChannelSocket(transport, server: true, answer.Protocol, [.. channels.Select(c => (byte)c)]);
            var webSocket = new WebSocketRemoteCommandLink(socket, channels);
            try
            {
                await webSocket.AnnounceAsync(cancellationToken);
            }
            catch
            {
                await webSocket.DisposeAsync();
                throw;
            }

            return new RemoteCommandStreams(webSocket, answer.Protocol, options, time);
        }

        var spdy = new SpdyRemoteCommandLink(new SpdyConnection(transport, server: true));
        try
        {
            await spdy.AcceptAsync(channels, options.StreamCreationTimeout, time, cancellationToken);
        }
        catch
        {
            await spdy.DisposeAsync();
            throw;
        }

        return new RemoteCommandStreams(spdy, answer.Protocol, options, time);
    }
}
