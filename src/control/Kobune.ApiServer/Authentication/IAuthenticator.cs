using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;

namespace Kobune.ApiServer.Authentication;

/// <summary>One way of finding out who makes a request. They are asked in order; the first that knows decides.</summary>
public interface IAuthenticator
{
    /// <summary>The user, or null when the request carries nothing for this authenticator.</summary>
    /// <exception cref="Kobune.Api.KubeStatusException">401: credentials of this kind were given and are wrong.</exception>
    ValueTask<UserInfo?> AuthenticateAsync(AuthenticationRequest request, CancellationToken cancellationToken);
}

/// <summary>What a request offers as proof of identity.</summary>
/// <param name="ClientCertificate">As sent in the TLS handshake, not validated yet.</param>
/// <param name="BearerToken">From the Authorization header, or from a WebSocket subprotocol.</param>
/// <param name="Headers">All headers, for front proxies.</param>
public sealed record AuthenticationRequest(X509Certificate2? ClientCertificate, string? BearerToken, IHeaderDictionary Headers, DateTimeOffset Now);
