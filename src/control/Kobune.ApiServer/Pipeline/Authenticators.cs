using System.Security.Cryptography.X509Certificates;
using Kobune.ApiServer.Authentication;

namespace Kobune.ApiServer.Pipeline;

/// <summary>Asks the authenticators in order; who proves nothing is anonymous.</summary>
internal sealed class Authenticators(IReadOnlyList<IAuthenticator> authenticators, TimeProvider time)
{
    private const string WebSocketTokenProtocol = "base64url.bearer.authorization.k8s.io.";

    public async ValueTask<UserInfo> AuthenticateAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        var http = request.Http;
        var proof = new AuthenticationRequest(http.Connection.ClientCertificate, BearerToken(request), http.Request.Headers, time.GetUtcNow());
        foreach (var authenticator in authenticators)
        {
            if (await authenticator.AuthenticateAsync(proof, cancellationToken).ConfigureAwait(false) is { } user)
            {
                return user;
            }
        }

        if (proof.BearerToken is not null && authenticators.Count > 0)
        {
            throw Kobune.Api.StatusErrors.Unauthorized();
        }

        return UserInfo.Anonymous;
    }

    private static string? BearerToken(ApiRequest request)
    {
        var headers = request.Http.Request.Headers;
        if (headers.Authorization is [{ } value, ..] && value.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            return value[7..].Trim();
        }

        foreach (var list in headers.SecWebSocketProtocol)
        {
            foreach (var part in (list ?? "").Split(',', StringSplitOptions.TrimEntries))
            {
                if (part.StartsWith(WebSocketTokenProtocol, StringComparison.Ordinal))
                {
                    return System.Text.Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(part.AsSpan(WebSocketTokenProtocol.Length)));
                }
            }
        }

        return null;
    }
}
