using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kobune.Api;

namespace Kobune.ApiServer.Admission.Webhooks;

/// <summary>Where a webhook is and whose certificates it may show; the same for admission and conversion.</summary>
internal sealed record WebhookAddress(string? Url, string Namespace, string Service, string Path, int Port, byte[]? CaBundle)
{
    public static WebhookAddress Of(Kobune.Api.AdmissionRegistration.V1.WebhookClientConfig c) =>
        new(c.Url, c.Service?.Namespace ?? "", c.Service?.Name ?? "", c.Service?.Path ?? "", c.Service?.Port ?? 443, c.CaBundle);

    public static WebhookAddress Of(Kobune.Api.ApiExtensions.V1.WebhookClientConfig c) =>
        new(c.Url, c.Service?.Namespace ?? "", c.Service?.Name ?? "", c.Service?.Path ?? "", c.Service?.Port ?? 443, c.CaBundle);

    public string ServerName => Url is null ? $"{Service}.{Namespace}.svc" : new Uri(Url).Host;

    public Uri Uri(int timeoutSeconds)
    {
        var plain = Url ?? $"https://{ServerName}:{Port}/{Path.TrimStart('/')}";
        return new Uri($"{plain}{(plain.Contains('?', StringComparison.Ordinal) ? '&' : '?')}timeout={timeoutSeconds}s");
    }
}

/// <summary>Calls webhooks over HTTPS; connections are kept per webhook and CA.</summary>
internal sealed class WebhookClients(ApiServerServices services) : IDisposable
{
    private const int MaxResponseBytes = 8 << 20;
    private readonly ConcurrentDictionary<string, HttpClient> clients = new(StringComparer.Ordinal);
    private readonly ServiceResolver resolver = new(services);

    /// <summary>Posts JSON and returns the JSON of a 200 answer.</summary>
    /// <exception cref="WebhookException">It could not be reached, was too slow, or answered with something else.</exception>
    public async Task<byte[]> PostAsync(WebhookAddress address, byte[] json, int timeoutSeconds, CancellationToken cancellationToken)
    {
        var uri = address.Uri(timeoutSeconds);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(timeoutSeconds), services.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var content = new ByteArrayContent(json) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            using var request = new HttpRequestMessage(HttpMethod.Post, uri) { Content = content };
            request.Headers.Accept.ParseAdd("application/json, */*");
            request.Headers.UserAgent.ParseAdd("kube-apiserver-admission");
            using var answer = await ClientFor(address).SendAsync(request, either.Token).ConfigureAwait(false);
            var body = await answer.Content.ReadAsByteArrayAsync(either.Token).ConfigureAwait(false);
            return answer.IsSuccessStatusCode ? body
                : throw new WebhookException($"the server rejected our request for an unknown reason: {(int)answer.StatusCode} {System.Text.Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 512)))}");
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new WebhookException($"Post \"{uri}\": context deadline exceeded");
        }
        catch (HttpRequestException e)
        {
            throw new WebhookException($"Post \"{uri}\": {(e.InnerException ?? e).Message}");
        }
        catch (UriFormatException e)
        {
            throw new WebhookException($"Post \"{address.Url}\": {e.Message}");
        }
    }

    public void Dispose()
    {
        foreach (var client in clients.Values)
        {
            client.Dispose();
        }
    }

    private HttpClient ClientFor(WebhookAddress address)
    {
        var key = $"{address.Url}|{address.Namespace}/{address.Service}:{address.Port}|{Convert.ToHexString(SHA256.HashData(address.CaBundle ?? []))}";
        return clients.GetOrAdd(key, static (_, a) => a.Self.Make(a.Address), (Self: this, Address: address));
    }

    private HttpClient Make(WebhookAddress address)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            MaxResponseDrainSize = MaxResponseBytes,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            SslOptions = Tls(address),
        };
        if (address.Url is null)
        {
            handler.ConnectCallback = async (_, ct) => await ConnectAsync(address, ct).ConfigureAwait(false);
        }

        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = MaxResponseBytes };
    }

    private async ValueTask<Stream> ConnectAsync(WebhookAddress address, CancellationToken cancellationToken)
    {
        (string Host, int Port) target;
        try
        {
            target = await resolver.ResolveAsync(address.Namespace, address.Service, address.Port, cancellationToken).ConfigureAwait(false);
        }
        catch (KubeStatusException e)
        {
            throw new HttpRequestException(e.Message, new IOException(e.Message));
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(target.Host, target.Port, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static SslClientAuthenticationOptions Tls(WebhookAddress address)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = address.ServerName };
        if (address.CaBundle is { Length: > 0 } bundle)
        {
            var authorities = new X509Certificate2Collection();
            try
            {
                authorities.ImportFromPem(System.Text.Encoding.ASCII.GetString(bundle));
            }
            catch (CryptographicException)
            {
                // No certificate: nobody can be trusted by it.
            }

            options.RemoteCertificateValidationCallback = (_, certificate, _, errors) => Trusted(certificate, errors, authorities);
        }

        return options;
    }

    private static bool Trusted(X509Certificate? certificate, SslPolicyErrors errors, X509Certificate2Collection authorities)
    {
        if (certificate is not X509Certificate2 leaf || errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
        // A bundle may hold the very certificate that is shown, or an authority that is itself not a root.
        return chain.Build(leaf) && chain.ChainElements.Any(e => authorities.Any(a => a.RawData.AsSpan().SequenceEqual(e.Certificate.RawData)));
    }
}

/// <summary>A webhook could not be asked, or gave no usable answer.</summary>
internal sealed class WebhookException(string message) : Exception(message);
