namespace Kobune.Client.Streaming;

/// <summary>Names of headers and sub-protocols, as k8s.io/apimachinery defines them.</summary>
public static class StreamProtocols
{
    public const string V5 = "v5.channel.k8s.io";
    public const string V4 = "v4.channel.k8s.io";
    public const string V3 = "v3.channel.k8s.io";
    public const string V2 = "v2.channel.k8s.io";
    public const string V1 = "channel.k8s.io";
    public const string V4Base64 = "v4.base64.channel.k8s.io";
    public const string V1Base64 = "base64.channel.k8s.io";
    public const string PortForward = "portforward.k8s.io";

    /// <summary>The WebSocket sub-protocol that carries SPDY frames in binary messages.</summary>
    public const string TunneledPortForward = "SPDY/3.1+" + PortForward;

    internal const string SpdyUpgrade = "SPDY/3.1";
    internal const string VersionHeader = "X-Stream-Protocol-Version";
    internal const string AcceptedVersionsHeader = "X-Accepted-Stream-Protocol-Versions";
    internal const string WebSocketProtocolHeader = "Sec-WebSocket-Protocol";

    /// <summary>What a client offers for exec and attach over SPDY, best first.</summary>
    public static IReadOnlyList<string> RemoteCommandSpdy { get; } = [V4, V3, V2, V1];

    /// <summary>What a client offers for exec and attach over WebSocket: only v5 can end stdin.</summary>
    public static IReadOnlyList<string> RemoteCommandWebSocket { get; } = [V5];

    internal static IReadOnlyList<string> RemoteCommandWebSocketServed { get; } = [V5, V4, V4Base64, V1, V1Base64, ""];

    internal static IReadOnlyList<string> PortForwardWebSocketServed { get; } = [TunneledPortForward];

    /// <summary>Protocols from v4 on report the exit as a JSON Status; earlier ones report an error as text.</summary>
    internal static bool ReportsStatus(string protocol) => protocol is V5 or V4 or V4Base64;

    internal static bool CanResize(string protocol) => protocol is V5 or V4 or V4Base64 or V3;

    internal static bool IsBase64(string protocol) => protocol is V4Base64 or V1Base64;
}
