using System.Buffers;
using System.Net.Sockets;
using System.Text;
using Kobune.Api;
using Kobune.ApiServer.Pipeline;
using Kobune.Client.Streaming;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Kobune.ApiServer.Streaming;

/// <summary>
/// Carries an upgraded connection (SPDY or WebSocket) between client and kubelet without looking into it. The client is
/// upgraded only after the peer has agreed, so a refused upgrade leaves no usable connection behind.
/// </summary>
internal static class UpgradeTunnel
{
    private const int MaxHead = 32 * 1024;

    private static readonly HashSet<string> NotForwarded = new(StringComparer.OrdinalIgnoreCase) { "Host", "Authorization", "Content-Length", "Transfer-Encoding", "Cookie" };

    public static bool IsUpgrade(HttpContext http) => http.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true };

    public static async Task RunAsync(ApiRequest request, ConnectTarget target, KubeletConnections connections)
    {
        Stream peer;
        try
        {
            peer = await connections.OpenAsync(target, request.Aborted).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or System.Security.Authentication.AuthenticationException or IOException)
        {
            throw StatusErrors.InternalError($"error dialing backend: {e.Message}");
        }

        await using (peer.ConfigureAwait(false))
        {
            await peer.WriteAsync(Head(request.Http.Request, target), request.Aborted).ConfigureAwait(false);
            var (status, headers, rest) = await ReadHeadAsync(peer, request.Aborted).ConfigureAwait(false);
            var response = request.Http.Response;
            if (status != 101)
            {
                await RefusedAsync(request, peer, status, headers, rest).ConfigureAwait(false);
                return;
            }

            foreach (var (name, value) in headers)
            {
                response.Headers.Append(name, value);
            }

            response.Headers.Remove("Cache-Control");
            response.StatusCode = 101;
            var client = await request.Http.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync().ConfigureAwait(false);
            if (rest.Length > 0)
            {
                await client.WriteAsync(rest, request.Aborted).ConfigureAwait(false);
                await client.FlushAsync(request.Aborted).ConfigureAwait(false);
            }

            try
            {
                await ByteTunnel.RunAsync(client, peer, request.Aborted).ConfigureAwait(false);
            }
            catch (IOException)
            {
                // One side hung up without a farewell; the other is closed with it.
            }
        }
    }

    private static byte[] Head(HttpRequest from, ConnectTarget target)
    {
        var head = new StringBuilder();
        head.Append(from.Method).Append(' ').Append(target.PathAndQuery).Append(" HTTP/1.1\r\nHost: ").Append(target.Authority).Append("\r\n");
        foreach (var (name, values) in from.Headers)
        {
            if (NotForwarded.Contains(name) || name.StartsWith("Impersonate-", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            foreach (var value in values)
            {
                head.Append(name).Append(": ").Append(name.Equals("Sec-WebSocket-Protocol", StringComparison.OrdinalIgnoreCase) ? WithoutToken(value!) : value).Append("\r\n");
            }
        }

        if (from.Method != "GET")
        {
            head.Append("Content-Length: 0\r\n");
        }

        return System.Text.Encoding.Latin1.GetBytes(head.Append("\r\n").ToString());
    }

    /// <summary>A browser's token travels as a subprotocol; it is not the kubelet's business.</summary>
    private static string WithoutToken(string protocols) =>
        string.Join(", ", protocols.Split(',', StringSplitOptions.TrimEntries).Where(p => !p.StartsWith("base64url.bearer.authorization.k8s.io.", StringComparison.Ordinal)));

    private static async Task<(int Status, List<(string Name, string Value)> Headers, byte[] Behind)> ReadHeadAsync(Stream peer, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxHead];
        var length = 0;
        while (true)
        {
            var read = await peer.ReadAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                throw StatusErrors.InternalError("error dialing backend: the peer closed the connection");
            }

            length += read;
            var end = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                var lines = System.Text.Encoding.Latin1.GetString(buffer, 0, end).Split("\r\n");
                var status = lines[0].Split(' ') is [_, var code, ..] && int.TryParse(code, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : 502;
                var headers = lines.Skip(1).Select(l => l.Split(": ", 2)).Where(p => p.Length == 2).Select(p => (p[0], p[1])).ToList();
                return (status, headers, buffer[(end + 4)..length]);
            }

            if (length == buffer.Length)
            {
                throw StatusErrors.InternalError("error dialing backend: the response's head is too long");
            }
        }
    }

    private static async Task RefusedAsync(ApiRequest request, Stream peer, int status, List<(string Name, string Value)> headers, byte[] rest)
    {
        var byName = headers.GroupBy(h => h.Name, StringComparer.OrdinalIgnoreCase).ToDictionary(g => g.Key, g => g.First().Value, StringComparer.OrdinalIgnoreCase);
        var body = await new HttpResponseReader(peer, rest).ReadBodyAsync(byName, request.Aborted).ConfigureAwait(false);
        await Responses.BytesAsync(request, status, byName.GetValueOrDefault("Content-Type") ?? "text/plain", System.Text.Encoding.UTF8.GetBytes(body)).ConfigureAwait(false);
    }
}
