using Kobune.Api;

namespace Kobune.ApiServer.Authentication;

/// <summary>The last in the order: a bearer token that nobody knew is wrong, and does not make the request anonymous.</summary>
public sealed class UnknownTokenAuthenticator : IAuthenticator
{
    public ValueTask<UserInfo?> AuthenticateAsync(AuthenticationRequest request, CancellationToken cancellationToken) =>
        request.BearerToken is { Length: > 0 } ? throw StatusErrors.Unauthorized() : default;
}
