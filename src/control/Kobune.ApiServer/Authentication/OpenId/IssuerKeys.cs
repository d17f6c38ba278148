using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Kobune.ApiServer.Authentication.OpenId;

/// <summary>
/// Fetches the issuer's keys: the discovery document names where they are. They are fetched again when a token names a key
/// that is not among them, though at most every ten seconds, so that made-up tokens cause no traffic.
/// </summary>
internal sealed partial class IssuerKeys(OpenIdOptions options, TimeProvider time, ILogger logger) : IDisposable
{
    private const int MaxBytes = 1 << 20;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly HttpClient http = new(new SocketsHttpHandler { SslOptions = Tls(options), AllowAutoRedirect = false })
    {
        Timeout = TimeSpan.FromSeconds(10),
        MaxResponseContentBufferSize = MaxBytes,
    };

    private JsonWebKeys? keys;
    private long fetchedAt;

    /// <summary>The keys, with the wanted one among them when the issuer has it; null when the issuer cannot be reached.</summary>
    public async ValueTask<JsonWebKeys?> GetAsync(string keyId, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref keys) is { } present && (keyId.Length == 0 || present.Has(keyId)))
        {
            return present;
        }

        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (keys is not null && (keys.Has(keyId) || time.GetElapsedTime(fetchedAt) < Pause))
            {
                return keys;
            }

            if (keys is null && fetchedAt != 0 && time.GetElapsedTime(fetchedAt) < Pause)
            {
                return null;
            }

            fetchedAt = time.GetTimestamp();
            Volatile.Write(ref keys, await FetchAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (Exception e) when (e is HttpRequestException or FormatException or JsonException or KeyNotFoundException or InvalidOperationException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            LogFailed(e, options.IssuerUrl);
        }
        finally
        {
            turn.Release();
        }

        return keys;
    }

    public void Dispose()
    {
        http.Dispose();
        turn.Dispose();
    }

    private async Task<JsonWebKeys> FetchAsync(CancellationToken cancellationToken)
    {
        var discovery = await http.GetByteArrayAsync(options.IssuerUrl.TrimEnd('/') + "/.well-known/openid-configuration", cancellationToken).ConfigureAwait(false);
        using var document = JsonDocument.Parse(discovery);
        if (document.RootElement.GetProperty("issuer").GetString() is var issuer && issuer != options.IssuerUrl)
        {
            throw new FormatException($"the issuer calls itself {issuer}");
        }

        var place = document.RootElement.GetProperty("jwks_uri").GetString()!;
        if (!place.StartsWith("https://", StringComparison.Ordinal))
        {
            throw new FormatException($"jwks_uri {place} is not https");
        }

        return JsonWebKeys.Parse(await http.GetByteArrayAsync(place, cancellationToken).ConfigureAwait(false));
    }

    private static SslClientAuthenticationOptions Tls(OpenIdOptions options)
    {
        var tls = new SslClientAuthenticationOptions();
        if (options.Authority is { } authority)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.Add(authority);
            tls.CertificateChainPolicy = policy;
        }

        return tls;
    }

    [LoggerMessage(EventId = 3400, Level = LogLevel.Warning, Message = "The keys of the OpenID issuer {Issuer} could not be fetched.")]
    private partial void LogFailed(Exception exception, string issuer);
}
