using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Kobune.Client.Streaming;

/// <summary>Where and what to upgrade. <see cref="Protocols"/> are offered in this order.</summary>
public sealed record UpgradeRequest(Uri Uri, UpgradeTransport Transport, IReadOnlyList<string> Protocols)
{
    /// <summary>POST suits SPDY, as kubectl does it; a WebSocket handshake is always GET (RFC 6455 §4.1).</summary>
    public string Method => Transport == UpgradeTransport.WebSocket ? "GET" : "POST";

    /// <summary>Further request headers, such as Authorization.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>For https: certificates and verification. ALPN is set to http/1.1 in any case.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>Connect to this unix socket instead of to the host of <see cref="Uri"/>.</summary>
    public string? UnixSocket { get; init; }
}

/// <summary>Performs HTTP/1.1 upgrades as a client.</summary>
public static class UpgradeClient
{
    /// <summary>Connects (TCP or unix socket, TLS for https) and upgrades.</summary>
    /// <exception cref="UpgradeRefusedException">The answer was not 101.</exception>
    /// <exception cref="IOException">The answer was no HTTP, or named another protocol.</exception>
    public static async Task<UpgradedConnection> ConnectAsync(UpgradeRequest request, CancellationToken cancellationToken = default)
    {
        var stream = await OpenAsync(request, cancellationToken);
        try
        {
            return await UpgradeAsync(stream, request, cancellationToken);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Upgrades a connection that is already open (and secured). The result owns it.</summary>
    /// <inheritdoc cref="ConnectAsync"/>
    public static async Task<UpgradedConnection> UpgradeAsync(
        Stream stream, UpgradeRequest request, CancellationToken cancellationToken = default)
    {
        var key = WebSocketHandshake.NewKey();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(Head(request, key)), cancellationToken);
        await stream.FlushAsync(cancellationToken);

        var reader = new HttpResponseReader(stream);
        var (status, headers) = await reader.ReadHeadAsync(cancellationToken);
        if (status != 101)
        {
            throw new UpgradeRefusedException(status, headers, await reader.ReadBodyAsync(headers, cancellationToken));
        }

        return new UpgradedConnection(reader.TakeRest(), request.Transport, Verify(request, headers, key), headers);
    }

    private static async Task<Stream> OpenAsync(UpgradeRequest request, CancellationToken cancellationToken)
    {
        var unix = request.UnixSocket is not null;
        var socket = unix
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            await (unix
                ? socket.ConnectAsync(new UnixDomainSocketEndPoint(request.UnixSocket!), cancellationToken)
                : socket.ConnectAsync(request.Uri.IdnHost, request.Uri.Port, cancellationToken));
            stream = new NetworkStream(socket, ownsSocket: true);
            if (request.Uri.Scheme is not ("https" or "wss"))
            {
                return stream;
            }

            var tls = new SslStream(stream);
            stream = tls;
            var options = request.Tls ?? new SslClientAuthenticationOptions();
            options.TargetHost ??= request.Uri.IdnHost;
            options.ApplicationProtocols = [SslApplicationProtocol.Http11];
            await tls.AuthenticateAsClientAsync(options, cancellationToken);
            return tls;
        }
        catch
        {
            socket.Dispose();
            stream?.Dispose();
            throw;
        }
    }

    private static string Head(UpgradeRequest request, string key)
    {
        var head = new StringBuilder();
        head.Append($"{request.Method} {request.Uri.PathAndQuery} HTTP/1.1\r\n");
        Header("Host", request.Uri.Authority);
        Header("Connection", "Upgrade");
        foreach (var (name, value) in request.Headers)
        {
            Header(name, value);
        }

        if (request.Transport == UpgradeTransport.WebSocket)
        {
            Header("Upgrade", "websocket");
            Header("Sec-WebSocket-Version", "13");
            Header("Sec-WebSocket-Key", key);
            if (request.Protocols.Count > 0)
            {
                Header(StreamProtocols.WebSocketProtocolHeader, string.Join(", ", request.Protocols));
            }
        }
        else
        {
            Header("Upgrade", StreamProtocols.SpdyUpgrade);
            Header("Content-Length", "0");
            foreach (var protocol in request.Protocols)
            {
                Header(StreamProtocols.VersionHeader, protocol);
            }
        }

        return head.Append("\r\n").ToString();

        void Header(string name, string value) => head.Append(
            (name + value).AsSpan().ContainsAny('\r', '\n') ? throw new ArgumentException($"line break in header {name}") : $"{name}: {value}\r\n");
    }

    private static string Verify(UpgradeRequest request, IReadOnlyDictionary<string, string> headers, string key)
    {
        var webSocket = request.Transport == UpgradeTransport.WebSocket;
        var expected = webSocket ? "websocket" : StreamProtocols.SpdyUpgrade;
        if (!string.Equals(headers.GetValueOrDefault("Upgrade"), expected, StringComparison.OrdinalIgnoreCase))
        {
            throw new IOException($"the server upgraded to \"{headers.GetValueOrDefault("Upgrade")}\" instead of {expected}");
        }

        if (webSocket && headers.GetValueOrDefault("Sec-WebSocket-Accept") != WebSocketHandshake.Accept(key))
        {
            throw new IOException("the server answered the WebSocket handshake with a wrong key");
        }

        var protocol = headers.GetValueOrDefault(webSocket ? StreamProtocols.WebSocketProtocolHeader : StreamProtocols.VersionHeader) ?? "";
        return protocol.Length == 0 || request.Protocols.Contains(protocol)
            ? protocol
            : throw new IOException($"the server chose the protocol \"{protocol}\", which was not offered");
    }
}
