using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Kobune.Api.Core.V1;
using Kobune.Kubelet.Formats;
using Kobune.Kubelet.Pods.Decision;

namespace Kobune.Kubelet.Probes;

/// <summary>httpGet: success is any status from 200 to 399. Certificates are not checked and connections not kept, as upstream does.</summary>
internal sealed class HttpProber : IDisposable
{
    private const int MaxBody = 10 * 1024;

    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.Zero,
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    public async Task<ProbeOutcome> GetAsync(
        HTTPGetAction action, ContainerSpec container, IReadOnlyList<string> addresses, TimeSpan timeout, CancellationToken cancellation)
    {
        var host = action.Host.Length > 0 ? action.Host : addresses.Count > 0 ? addresses[0] : "127.0.0.1";
        var port = Ports.Resolve(action.Port, container);
        if (port is <= 0 or > 65535)
        {
            return new ProbeOutcome(false, $"invalid port number: {action.Port}");
        }

        var scheme = action.Scheme is { Length: > 0 } given ? given.ToLowerInvariant() : "http";
        var path = action.Path.StartsWith('/') ? action.Path : "/" + action.Path;
        var url = $"{scheme}://{(host.Contains(':') ? $"[{host}]" : host)}:{port}{path}";
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.TryAddWithoutValidation("User-Agent", "kube-probe/1.36");
            request.Headers.TryAddWithoutValidation("Accept", "*/*");
            request.Headers.ConnectionClose = true;
            foreach (var header in action.HttpHeaders)
            {
                request.Headers.Remove(header.Name);
                request.Headers.TryAddWithoutValidation(header.Name, header.Value);
            }

            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            var code = (int)response.StatusCode;
            if (code is < 200 or >= 400)
            {
                return new ProbeOutcome(false, $"HTTP probe failed with statuscode: {code}");
            }

            return new ProbeOutcome(true, await HeadAsync(response, limit.Token));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new ProbeOutcome(false, $"Get \"{url}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
        }
        catch (HttpRequestException e)
        {
            return new ProbeOutcome(false, $"Get \"{url}\": {Reason(e, host, port)}");
        }
        catch (Exception e) when (e is UriFormatException or FormatException or IOException)
        {
            return new ProbeOutcome(false, $"Get \"{url}\": {e.Message}");
        }
    }

    public void Dispose() => _client.Dispose();

    private static string Reason(HttpRequestException e, string host, int port) =>
        e.InnerException is SocketException socket ? $"dial tcp {host}:{port}: {SocketErrors.Text(socket)}" : e.InnerException?.Message ?? e.Message;

    private static async Task<string> HeadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        var buffer = new byte[MaxBody];
        var length = await body.ReadAtLeastAsync(buffer, MaxBody, throwOnEndOfStream: false, cancellation);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }
}
