namespace Kobune.Client.Streaming;

/// <summary>A remote command over WebSocket: the channels of one <see cref="ChannelSocket"/>.</summary>
internal sealed class WebSocketRemoteCommandLink(ChannelSocket socket, List<RemoteCommandChannel> channels) : IRemoteCommandLink
{
    public DuplexStream? this[RemoteCommandChannel channel] => channels.Contains(channel) ? socket[(byte)channel] : null;

    public CancellationToken Closed => socket.Closed;

    /// <summary>
    /// Servers begin with an empty message on the lowest channel that they write, by which clients (older ones wait for it)
    /// know that the command runs.
    /// </summary>
    public ValueTask AnnounceAsync(CancellationToken cancellationToken)
    {
        var lowest = channels.Where(c => c is RemoteCommandChannel.Stdout or RemoteCommandChannel.Stderr or RemoteCommandChannel.Error).Min();
        return socket.SendAsync((byte)lowest, default, cancellationToken);
    }

    public Task CloseAsync(TimeSpan grace, TimeProvider time) => socket.CloseAsync(grace, time);

    public ValueTask DisposeAsync() => socket.DisposeAsync();
}
