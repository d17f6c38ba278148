namespace Kobune.Client.Streaming;

/// <summary>A remote command over SPDY: one stream per channel, told apart by the header streamType.</summary>
internal sealed class SpdyRemoteCommandLink(SpdyConnection connection) : IRemoteCommandLink
{
    private const string StreamTypeHeader = "streamType";

    private readonly Dictionary<RemoteCommandChannel, SpdyStream> _streams = [];

    public DuplexStream? this[RemoteCommandChannel channel] => _streams.GetValueOrDefault(channel);

    public CancellationToken Closed => connection.Closed;

    /// <summary>The server's side: waits until the client has opened every expected stream.</summary>
    /// <exception cref="IOException">It did not in time, or it is gone.</exception>
    public async Task AcceptAsync(List<RemoteCommandChannel> expected, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            while (_streams.Count < expected.Count)
            {
                var stream = await connection.AcceptStreamAsync(both.Token)
                    ?? throw new IOException("the client went away before it had opened its streams", connection.Failure);
                var type = stream.Headers.GetValueOrDefault(StreamTypeHeader);
                var channel = expected.Find(c => c.StreamType() == type);
                if (channel.StreamType() != type || !_streams.TryAdd(channel, stream))
                {
                    stream.Reset();
                }
            }
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new IOException("timed out waiting for the client to open its streams");
        }
    }

    /// <summary>The client's side: opens every stream.</summary>
    public async Task OpenAsync(List<RemoteCommandChannel> channels, CancellationToken cancellationToken)
    {
        foreach (var channel in channels)
        {
            var stream = await connection.OpenStreamAsync([new(StreamTypeHeader, channel.StreamType())], cancellationToken);
            stream.ResetIsEnd = true;
            _streams.Add(channel, stream);
        }
    }

    public Task CloseAsync(TimeSpan grace, TimeProvider time) => connection.CloseAsync(grace, time);

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
