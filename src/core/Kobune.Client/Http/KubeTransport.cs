using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Kobune.Client.Config;
using Kobune.Client.Streaming;

namespace Kobune.Client.Http;

/// <summary>
/// Requests to one API server with the credentials of a <see cref="ClientConfig"/>: any method, path and media type.
/// Answers of 400 and above become <see cref="Kobune.Api.KubeStatusException"/>. Safe for concurrent use.
/// </summary>
public sealed class KubeTransport : IDisposable
{
    private readonly TimeProvider _time;
    private readonly Lock _renewal = new();
    private readonly List<HttpClient> _former = [];
    private volatile HttpClient _http;
    private X509Certificate2? _execCertificate;
    private volatile X509Certificate2? _clientCertificate;

    public KubeTransport(ClientConfig config, TimeProvider time)
    {
        Config = config;
        _time = time;
        _clientCertificate = config.ClientCertificate;
        _http = Connect();
    }

    /// <summary>
    /// Shows another client certificate from now on. Requests that come use new connections; those under way, watches above
    /// all, end on the old ones.
    /// </summary>
    public void Renew(X509Certificate2 certificate)
    {
        lock (_renewal)
        {
            _clientCertificate = certificate;
            // Disposing would cut the watches. Two renewals later nothing can be left of them: servers end watches after minutes.
            if (_former.Count > 1)
            {
                _former[0].Dispose();
                _former.RemoveAt(0);
            }
            _former.Add(_http);
            _http = Connect();
        }
    }

    private HttpClient Connect()
    {
        HttpMessageHandler handler = Config.ShortLived ? new DirectHttpHandler(CreateSslOptions) : CreatePooledHandler();
        return new HttpClient(handler) { BaseAddress = Config.Server, Timeout = Timeout.InfiniteTimeSpan };
    }

    public ClientConfig Config { get; }

    /// <summary>Called with the text of each Warning header; the server warns about deprecated versions and unknown fields so.</summary>
    public Action<string>? OnWarning { get; init; }

    /// <summary>Called with a line about each request and answer, for -v=6 and above.</summary>
    public Action<string>? OnTrace { get; init; }

    /// <summary>TLS settings of this configuration, for connections that are upgraded outside of HttpClient.</summary>
    public SslClientAuthenticationOptions CreateSslOptions()
    {
        var options = new SslClientAuthenticationOptions { TargetHost = Config.TlsServerName ?? Config.Server.Host };
        if (Config.InsecureSkipTlsVerify)
        {
            options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        }
        else if (Config.CertificateAuthorities is { } authorities)
        {
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        if (Config.ExecPlugin is not null)
        {
            options.LocalCertificateSelectionCallback = (_, _, _, _, _) => (_execCertificate ?? _clientCertificate)!;
        }
        else if (_clientCertificate is { } certificate)
        {
            options.ClientCertificateContext = CertificateContexts.Create(certificate);
        }

        return options;
    }

    /// <summary>The absolute address of a path that may carry a query.</summary>
    public Uri Address(string path) => new(Config.Server, path.TrimStart('/'));

    /// <summary>Headers that authenticate a request; runs the exec plug-in when there is one.</summary>
    public async ValueTask<IReadOnlyList<KeyValuePair<string, string>>> AuthenticationHeadersAsync(CancellationToken cancellationToken = default)
    {
        var headers = new List<KeyValuePair<string, string>>(2);
        if (await BearerTokenAsync(cancellationToken).ConfigureAwait(false) is { } token)
        {
            headers.Add(new("Authorization", "Bearer " + token));
        }
        else if (Config.Username is { } user)
        {
            headers.Add(new("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(user + ":" + Config.Password))));
        }

        if (Config.Impersonate is { } who)
        {
            headers.Add(new("Impersonate-User", who.User));
            headers.AddRange(who.Groups.Select(g => new KeyValuePair<string, string>("Impersonate-Group", g)));
            if (!string.IsNullOrEmpty(who.Uid))
            {
                headers.Add(new("Impersonate-Uid", who.Uid));
            }
        }

        return headers;
    }

    /// <summary>Sends a request and returns when the headers are there. The caller disposes the answer.</summary>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? body = null, string accept = MediaTypes.Json, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(method, Address(path))
        {
            Content = body,
            Version = Config.PreferHttp2 ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        request.Headers.TryAddWithoutValidation("Accept", accept);
        request.Headers.TryAddWithoutValidation("User-Agent", Config.UserAgent);
        foreach (var (name, value) in await AuthenticationHeadersAsync(cancellationToken).ConfigureAwait(false))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        var started = _time.GetTimestamp();
        var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        OnTrace?.Invoke($"{method} {request.RequestUri} {(int)response.StatusCode} {response.ReasonPhrase} in {_time.GetElapsedTime(started).TotalMilliseconds:0} milliseconds");
        ReportWarnings(response);
        if ((int)response.StatusCode < 400)
        {
            return response;
        }

        using (response)
        {
            if (response.StatusCode == HttpStatusCode.Unauthorized)
            {
                Config.ExecPlugin?.Invalidate();
            }

            var content = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            throw StatusErrorReader.Read((int)response.StatusCode, content);
        }
    }

    /// <summary>Sends a request and reads the whole answer, within <see cref="ClientConfig.RequestTimeout"/>.</summary>
    public async Task<byte[]> SendForBytesAsync(
        HttpMethod method, string path, HttpContent? body = null, string accept = MediaTypes.Json, CancellationToken cancellationToken = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (Config.RequestTimeout > TimeSpan.Zero)
        {
            limit.CancelAfter(Config.RequestTimeout);
        }

        try
        {
            using var response = await SendAsync(method, path, body, accept, limit.Token).ConfigureAwait(false);
            return await response.Content.ReadAsByteArrayAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("net/http: request canceled (Client.Timeout exceeded while awaiting headers)");
        }
    }

    /// <summary>Upgrades a connection of its own, for exec, attach and port-forward. The caller disposes it.</summary>
    /// <exception cref="Kobune.Api.KubeStatusException">The server refused with a Status.</exception>
    /// <exception cref="UpgradeRefusedException">The server does not upgrade here; the other transport may do.</exception>
    public async Task<UpgradedConnection> UpgradeAsync(
        string path, UpgradeTransport transport, IReadOnlyList<string> protocols, CancellationToken cancellationToken = default)
    {
        var headers = new Dictionary<string, string> { ["User-Agent"] = Config.UserAgent };
        foreach (var (name, value) in await AuthenticationHeadersAsync(cancellationToken).ConfigureAwait(false))
        {
            headers[name] = headers.TryGetValue(name, out var earlier) ? $"{earlier}, {value}" : value;
        }

        var request = new UpgradeRequest(Address(path), transport, protocols) { Headers = headers, Tls = CreateSslOptions() };
        try
        {
            return await UpgradeClient.ConnectAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (UpgradeRefusedException e) when (StatusErrorReader.IsStatus(Encoding.UTF8.GetBytes(e.Body)))
        {
            throw StatusErrorReader.Read(e.StatusCode, Encoding.UTF8.GetBytes(e.Body));
        }
    }

    /// <summary>A body of UTF-8 text with its media type, without a charset as the API expects it.</summary>
    public static ByteArrayContent Body(ReadOnlyMemory<byte> content, string mediaType)
    {
        var body = new ByteArrayContent(content.ToArray());
        body.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        return body;
    }

    public void Dispose()
    {
        _http.Dispose();
        foreach (var former in _former)
        {
            former.Dispose();
        }
        _execCertificate?.Dispose();
    }

    private SocketsHttpHandler CreatePooledHandler() => new()
    {
        SslOptions = CreateSslOptions(),
        AutomaticDecompression = DecompressionMethods.None,
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        EnableMultipleHttp2Connections = true,
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
        KeepAlivePingDelay = TimeSpan.FromSeconds(30),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
        ActivityHeadersPropagator = null,
    };

    private async ValueTask<string?> BearerTokenAsync(CancellationToken cancellationToken)
    {
        if (Config.TokenFile is { } file && File.Exists(file))
        {
            return (await File.ReadAllTextAsync(file, cancellationToken).ConfigureAwait(false)).Trim();
        }

        if (Config.Token is not null || Config.ExecPlugin is null)
        {
            return Config.Token;
        }

        var credential = await Config.ExecPlugin.GetAsync(_time, cancellationToken).ConfigureAwait(false);
        if (credential is { ClientCertificatePem: { } certificate, ClientKeyPem: { } key })
        {
            _execCertificate ??= X509Certificate2.CreateFromPem(certificate, key);
        }

        return credential.Token;
    }

    private void ReportWarnings(HttpResponseMessage response)
    {
        if (OnWarning is null || !response.Headers.TryGetValues("Warning", out var values))
        {
            return;
        }

        foreach (var value in values.SelectMany(WarningHeader.Parse).Distinct())
        {
            OnWarning(value);
        }
    }
}
