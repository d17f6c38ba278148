namespace Kobune.Client.Streaming;

/// <summary>
/// The server's end of an exec or attach, the same for both transports. Write the output, then call
/// <see cref="WriteExitStatusAsync"/> once; it ends the connection in order.
/// </summary>
public sealed class RemoteCommandStreams : IAsyncDisposable
{
    private readonly IRemoteCommandLink _link;
    private readonly RemoteCommandOptions _options;
    private readonly TimeProvider _time;

    internal RemoteCommandStreams(IRemoteCommandLink link, string protocol, RemoteCommandOptions options, TimeProvider time)
    {
        (_link, Protocol, _options, _time) = (link, protocol, options, time);
        Resize = link[RemoteCommandChannel.Resize] is { } resize ? TerminalSizeReader.Start(resize, link.Closed) : null;
    }

    /// <summary>The negotiated protocol, such as v5.channel.k8s.io.</summary>
    public string Protocol { get; }

    /// <summary>
    /// What the client types; ends when the client half-closes. Over WebSocket before v5 it ends only with the connection.
    /// Null when not asked for.
    /// </summary>
    public Stream? Stdin => _link[RemoteCommandChannel.Stdin];

    /// <summary>To be written; null when not asked for.</summary>
    public Stream? Stdout => _link[RemoteCommandChannel.Stdout];

    /// <summary>To be written; null when not asked for, and with a terminal.</summary>
    public Stream? Stderr => _link[RemoteCommandChannel.Stderr];

    /// <summary>Sizes of the client's terminal, the newest at each step; null without a terminal.</summary>
    public IAsyncEnumerable<TerminalSize>? Resize { get; }

    /// <summary>Cancelled when the client is gone.</summary>
    public CancellationToken Disconnected => _link.Closed;

    /// <summary>Ends the output, reports <paramref name="status"/> and closes the connection after the client took it.</summary>
    /// <exception cref="IOException">The client is gone.</exception>
    public async Task WriteExitStatusAsync(RemoteCommandStatus status, CancellationToken cancellationToken = default)
    {
        await CloseWriteAsync(_link[RemoteCommandChannel.Stdout], cancellationToken);
        await CloseWriteAsync(_link[RemoteCommandChannel.Stderr], cancellationToken);
        var error = _link[RemoteCommandChannel.Error]!;
        await error.WriteAsync(status.Write(Protocol), cancellationToken);
        await CloseWriteAsync(error, cancellationToken);
        await _link.CloseAsync(_options.CloseGrace, _time);
    }

    private static ValueTask CloseWriteAsync(DuplexStream? stream, CancellationToken cancellationToken) =>
        stream is IHalfClose halfClose ? halfClose.CloseWriteAsync(cancellationToken) : ValueTask.CompletedTask;

    /// <summary>Cuts the connection off.</summary>
    public ValueTask DisposeAsync() => _link.DisposeAsync();
}
