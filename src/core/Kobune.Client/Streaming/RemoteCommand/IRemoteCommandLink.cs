namespace Kobune.Client.Streaming;

/// <summary>The transport under a remote command, SPDY or WebSocket, once its streams are known.</summary>
internal interface IRemoteCommandLink : IAsyncDisposable
{
    /// <summary>The stream of one of the <see cref="RemoteCommandChannel"/>s; null when the command has none.</summary>
    DuplexStream? this[RemoteCommandChannel channel] { get; }

    /// <summary>Cancelled when the connection has ended.</summary>
    CancellationToken Closed { get; }

    /// <summary>Takes leave, waits for the peer to do so for a while, and disposes.</summary>
    Task CloseAsync(TimeSpan grace, TimeProvider time);
}

/// <summary>The streams of a remote command; the values are the channel numbers of the WebSocket protocols.</summary>
internal enum RemoteCommandChannel : byte
{
    Stdin = 0,
    Stdout = 1,
    Stderr = 2,
    Error = 3,
    Resize = 4,
}

internal static class RemoteCommandChannels
{
    /// <summary>The streams that both ends expect for these options, in the order in which clients open them.</summary>
    public static List<RemoteCommandChannel> For(RemoteCommandOptions options, string protocol)
    {
        List<RemoteCommandChannel> channels = [RemoteCommandChannel.Error];
        Add(RemoteCommandChannel.Stdin, options.Stdin);
        Add(RemoteCommandChannel.Stdout, options.Stdout);
        Add(RemoteCommandChannel.Stderr, options.Stderr && !options.Tty);
        Add(RemoteCommandChannel.Resize, options.Tty && StreamProtocols.CanResize(protocol));
        return channels;

        void Add(RemoteCommandChannel channel, bool wanted)
        {
            if (wanted)
            {
                channels.Add(channel);
            }
        }
    }

    /// <summary>The value of the streamType header.</summary>
    public static string StreamType(this RemoteCommandChannel channel) => channel switch
    {
        RemoteCommandChannel.Stdin => "stdin",
        RemoteCommandChannel.Stdout => "stdout",
        RemoteCommandChannel.Stderr => "stderr",
        RemoteCommandChannel.Resize => "resize",
        _ => "error",
    };
}
