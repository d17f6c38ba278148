using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Kobune.Api;
using Microsoft.Extensions.Logging;

namespace Kobune.ApiServer.Authentication.OpenId;

/// <summary>
/// Users by ID tokens of an OpenID Connect issuer: JWTs that one of its keys signed, for our client id, that hold now and
/// carry the required claims. Tokens of other issuers are left to the next authenticator.
/// </summary>
public sealed class OpenIdAuthenticator : IAuthenticator, IDisposable
{
    private static readonly TimeSpan Leeway = TimeSpan.FromSeconds(10);
    private readonly OpenIdOptions _options;
    private readonly IssuerKeys _keys;

    /// <exception cref="ArgumentException">The issuer is not an https address.</exception>
    public OpenIdAuthenticator(OpenIdOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        if (!Uri.TryCreate(options.IssuerUrl, UriKind.Absolute, out var issuer) || issuer.Scheme != "https" || options.ClientId.Length == 0)
        {
            throw new ArgumentException($"OpenID needs an https issuer and a client id; the issuer given is \"{options.IssuerUrl}\"", nameof(options));
        }

        _options = options;
        _keys = new IssuerKeys(options, time, loggers.CreateLogger<OpenIdAuthenticator>());
    }

    public async ValueTask<UserInfo?> AuthenticateAsync(AuthenticationRequest request, CancellationToken cancellationToken)
    {
        if (request.BearerToken is not { Length: > 0 } token || Read(token) is not { } parts)
        {
            return null;
        }

        using (parts.Claims)
        {
            var claims = parts.Claims.RootElement;
            if (Text(claims, "iss") != _options.IssuerUrl)
            {
                return null;
            }

            var signed = _options.Algorithms.Contains(parts.Algorithm)
                && await _keys.GetAsync(parts.KeyId, cancellationToken).ConfigureAwait(false) is { } keys
                && keys.Verify(parts.Algorithm, parts.KeyId, parts.Signed, parts.Signature);
            return signed && Holds(claims, request.Now) && UserOf(claims) is { } user ? user : throw StatusErrors.Unauthorized();
        }
    }

    public void Dispose() => _keys.Dispose();

    private static (string Algorithm, string KeyId, JsonDocument Claims, byte[] Signed, byte[] Signature)? Read(string token)
    {
        var pieces = token.Split('.');
        if (pieces.Length != 3)
        {
            return null;
        }

        try
        {
            using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(pieces[0]));
            var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(pieces[1]));
            return (Text(header.RootElement, "alg"), Text(header.RootElement, "kid"), claims, Encoding.ASCII.GetBytes($"{pieces[0]}.{pieces[1]}"), Base64Url.DecodeFromChars(pieces[2]));
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private bool Holds(JsonElement claims, DateTimeOffset now) =>
        Strings(claims, "aud").Contains(_options.ClientId)
        && Time(claims, "exp") is { } end && now < end
        && (Time(claims, "nbf") is not { } start || now + Leeway >= start)
        && _options.RequiredClaims.All(r => Text(claims, r.Key) == r.Value);

    private UserInfo? UserOf(JsonElement claims)
    {
        var name = Text(claims, _options.UsernameClaim);
        // An address that the issuer has not verified could be anybody's.
        if (name.Length == 0 || (_options.UsernameClaim == "email" && claims.TryGetProperty("email_verified", out var verified) && verified.ValueKind != JsonValueKind.True))
        {
            return null;
        }

        string[] groups = _options.GroupsClaim.Length == 0 ? [] : [.. Strings(claims, _options.GroupsClaim).Select(g => _options.GroupsPrefix + g)];
        var user = UserInfo.Of(_options.EffectiveUsernamePrefix + name, groups);
        return Text(claims, "jti") is { Length: > 0 } id
            ? user with { Extra = new Dictionary<string, IReadOnlyList<string>> { ["authentication.kubernetes.io/credential-id"] = ["JTI=" + id] } }
            : user;
    }

    private static string Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static IEnumerable<string> Strings(JsonElement element, string name) =>
        !element.TryGetProperty(name, out var value) ? []
        : value.ValueKind == JsonValueKind.String ? [value.GetString()!]
        : value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Where(v => v.ValueKind == JsonValueKind.String).Select(v => v.GetString()!)
        : [];

    private static DateTimeOffset? Time(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var seconds) && seconds is > -6e10 and < 2e11
            ? DateTimeOffset.UnixEpoch + TimeSpan.FromSeconds(seconds)
            : null;
}
