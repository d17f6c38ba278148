namespace Kobune.Client.Streaming;

/// <summary>Bounds of one SPDY connection. A peer that passes one is refused or disconnected, as said at each.</summary>
public sealed record SpdyOptions
{
    public static SpdyOptions Default { get; } = new();

    /// <summary>Streams open at once; a further one from the peer is refused (REFUSED_STREAM).</summary>
    public int MaxStreams { get; init; } = 1024;

    /// <summary>Bytes received on one stream and not yet read; then the connection stops reading until they are.</summary>
    public int StreamBufferBytes { get; init; } = 256 * 1024;

    /// <summary>Payload bytes of one control frame; a longer one ends the connection.</summary>
    public int MaxControlFrameBytes { get; init; } = 64 * 1024;

    /// <summary>Uncompressed bytes of one header block; a longer one ends the connection.</summary>
    public int MaxHeaderBytes { get; init; } = 64 * 1024;

    /// <summary>Replies (to streams and pings) that wait for the transport; a peer that causes more is disconnected.</summary>
    public int MaxPendingReplies { get; init; } = 4096;
}
