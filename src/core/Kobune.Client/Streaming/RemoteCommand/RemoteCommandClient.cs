namespace Kobune.Client.Streaming;

/// <summary>
/// The client's end of an exec or attach, the same for both transports. Write <see cref="Stdin"/> and half-close it, read
/// <see cref="Stdout"/> and <see cref="Stderr"/> to their ends — both at once, since one that is not read holds up the
/// other — then take the status from <see cref="WaitForExitAsync"/>.
/// </summary>
public sealed class RemoteCommandClient : IAsyncDisposable
{
    private const int MaxStatusBytes = 1024 * 1024;

    private readonly IRemoteCommandLink _link;
    private readonly Task<RemoteCommandStatus> _exit;

    private RemoteCommandClient(IRemoteCommandLink link, string protocol)
    {
        (_link, Protocol) = (link, protocol);
        _exit = ReadStatusAsync();
    }

    /// <summary>The negotiated protocol, such as v5.channel.k8s.io.</summary>
    public string Protocol { get; }

    /// <summary>To be written; <see cref="CloseStdinAsync"/> ends it. Null when not asked for.</summary>
    public Stream? Stdin => _link[RemoteCommandChannel.Stdin];

    /// <summary>To be read; null when not asked for.</summary>
    public Stream? Stdout => _link[RemoteCommandChannel.Stdout];

    /// <summary>To be read; null when not asked for, and with a terminal.</summary>
    public Stream? Stderr => _link[RemoteCommandChannel.Stderr];

    /// <summary>Cancelled when the server is gone.</summary>
    public CancellationToken Disconnected => _link.Closed;

    /// <summary>Establishes the streams. The result owns <paramref name="connection"/>.</summary>
    public static async Task<RemoteCommandClient> StartAsync(
        UpgradedConnection connection, RemoteCommandOptions options, CancellationToken cancellationToken = default)
    {
        var channels = RemoteCommandChannels.For(options, connection.Protocol);
        if (connection.Transport == UpgradeTransport.WebSocket)
        {
            var socket = new ChannelSocket(connection.Stream, server: false, connection.Protocol, [.. channels.Select(c => (byte)c)]);
            return new RemoteCommandClient(new WebSocketRemoteCommandLink(socket, channels), connection.Protocol);
        }

        var spdy = new SpdyRemoteCommandLink(new SpdyConnection(connection.Stream, server: false));
        try
        {
            await spdy.OpenAsync(channels, cancellationToken);
        }
        catch
        {
            await spdy.DisposeAsync();
            throw;
        }

        return new RemoteCommandClient(spdy, connection.Protocol);
    }

    /// <summary>Tells the command that there is no more input.</summary>
    public ValueTask CloseStdinAsync(CancellationToken cancellationToken = default) =>
        Stdin is IHalfClose stdin ? stdin.CloseWriteAsync(cancellationToken) : ValueTask.CompletedTask;

    /// <summary>Tells the command the terminal's size; does nothing without a terminal.</summary>
    public ValueTask ResizeAsync(TerminalSize size, CancellationToken cancellationToken = default) =>
        _link[RemoteCommandChannel.Resize] is { } resize
            ? resize.WriteAsync(TerminalSizeJson.Write(size), cancellationToken)
            : ValueTask.CompletedTask;

    /// <summary>How the command ended.</summary>
    /// <exception cref="IOException">The connection ended before the status came.</exception>
    public Task<RemoteCommandStatus> WaitForExitAsync(CancellationToken cancellationToken = default) => _exit.WaitAsync(cancellationToken);

    private async Task<RemoteCommandStatus> ReadStatusAsync()
    {
        var error = _link[RemoteCommandChannel.Error]!;
        var status = new MemoryStream();
        var buffer = new byte[4096];
        int count;
        while ((count = await error.ReadAsync(buffer)) > 0 && status.Length < MaxStatusBytes)
        {
            status.Write(buffer, 0, count);
        }

        return RemoteCommandStatus.Read(Protocol, status.GetBuffer().AsSpan(0, (int)status.Length));
    }

    /// <summary>Closes the connection. Before the exit status has come, that leaves the command without its client.</summary>
    public async ValueTask DisposeAsync()
    {
        await _link.DisposeAsync();
        await _exit.ContinueWith(t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }
}
