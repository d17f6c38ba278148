namespace Kobune.Client.Streaming;

/// <summary>What an HTTP/1.1 connection was upgraded to.</summary>
public enum UpgradeTransport
{
    /// <summary>SPDY/3.1 frames directly on the connection.</summary>
    Spdy,

    /// <summary>WebSocket (RFC 6455).</summary>
    WebSocket,
}
