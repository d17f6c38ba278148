namespace Kobune.Client.Streaming;

/// <summary>
/// Decides on the server how to answer an upgrade request. Takes a look-up of request headers (repeated ones joined by
/// commas, null or empty when absent): in ASP.NET <c>name => context.Request.Headers[name]</c>.
/// </summary>
public static class UpgradeNegotiation
{
    /// <summary>For exec and attach.</summary>
    public static UpgradeAnswer RemoteCommand(Func<string, string?> header) =>
        Negotiate(header, StreamProtocols.RemoteCommandSpdy, StreamProtocols.RemoteCommandWebSocketServed);

    /// <summary>For portforward.</summary>
    public static UpgradeAnswer PortForward(Func<string, string?> header) =>
        Negotiate(header, [StreamProtocols.PortForward], StreamProtocols.PortForwardWebSocketServed);

    /// <summary>Whether a request asks for any upgrade at all: what an upgrade-aware proxy passes on as a tunnel.</summary>
    public static bool IsUpgrade(Func<string, string?> header) =>
        Split(header("Connection")).Contains("upgrade", StringComparer.OrdinalIgnoreCase) && !string.IsNullOrEmpty(header("Upgrade"));

    private static UpgradeAnswer Negotiate(Func<string, string?> header, IReadOnlyList<string> spdy, IReadOnlyList<string> webSocket)
    {
        var upgrade = IsUpgrade(header) ? Split(header("Upgrade")) : [];
        if (upgrade.Contains("websocket", StringComparer.OrdinalIgnoreCase))
        {
            return WebSocket(header, webSocket);
        }

        return upgrade.Contains(StreamProtocols.SpdyUpgrade, StringComparer.OrdinalIgnoreCase)
            ? Spdy(header, spdy)
            : new UpgradeAnswer { StatusCode = 400, Error = "unable to upgrade: missing upgrade headers in request" };
    }

    private static UpgradeAnswer Spdy(Func<string, string?> header, IReadOnlyList<string> served)
    {
        var offered = Split(header(StreamProtocols.VersionHeader));
        var headers = new Dictionary<string, string> { ["Connection"] = "Upgrade", ["Upgrade"] = StreamProtocols.SpdyUpgrade };
        if (offered.Count == 0)
        {
            // Clients of Kubernetes 1.0 offered none; they speak the first version.
            return new UpgradeAnswer { StatusCode = 101, Transport = UpgradeTransport.Spdy, Headers = headers };
        }

        if (offered.FirstOrDefault(served.Contains) is not { } chosen)
        {
            return new UpgradeAnswer
            {
                StatusCode = 403,
                Headers = new Dictionary<string, string> { [StreamProtocols.AcceptedVersionsHeader] = string.Join(", ", served) },
                Error = $"unable to upgrade: unable to negotiate protocol: client supports [{string.Join(' ', offered)}], "
                    + $"server accepts [{string.Join(' ', served)}]",
            };
        }

        headers[StreamProtocols.VersionHeader] = chosen;
        return new UpgradeAnswer { StatusCode = 101, Transport = UpgradeTransport.Spdy, Protocol = chosen, Headers = headers };
    }

    private static UpgradeAnswer WebSocket(Func<string, string?> header, IReadOnlyList<string> served)
    {
        var key = header("Sec-WebSocket-Key");
        if (string.IsNullOrEmpty(key) || header("Sec-WebSocket-Version") != "13")
        {
            return new UpgradeAnswer { StatusCode = 400, Error = "unable to upgrade: not a WebSocket version 13 handshake" };
        }

        var offered = Split(header(StreamProtocols.WebSocketProtocolHeader));
        var chosen = offered.Count == 0 ? served.FirstOrDefault(p => p.Length == 0) : offered.FirstOrDefault(served.Contains);
        if (chosen is null)
        {
            return new UpgradeAnswer
            {
                StatusCode = 403,
                Error = $"requested protocol(s) are not supported: [{string.Join(' ', offered)}]; supports [{string.Join(' ', served)}]",
            };
        }

        var headers = new Dictionary<string, string>
        {
            ["Connection"] = "Upgrade",
            ["Upgrade"] = "websocket",
            ["Sec-WebSocket-Accept"] = WebSocketHandshake.Accept(key),
        };
        if (chosen.Length > 0)
        {
            headers[StreamProtocols.WebSocketProtocolHeader] = chosen;
        }

        return new UpgradeAnswer { StatusCode = 101, Transport = UpgradeTransport.WebSocket, Protocol = chosen, Headers = headers };
    }

    private static List<string> Split(string? value) =>
        [.. (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
}
