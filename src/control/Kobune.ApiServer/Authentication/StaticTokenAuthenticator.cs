using System.Security.Cryptography;
using System.Text;
using Kobune.Api;

namespace Kobune.ApiServer.Authentication;

/// <summary>Users by tokens that were configured at start. An unknown token is left to the next authenticator.</summary>
/// <param name="users">The user of each token.</param>
public sealed class StaticTokenAuthenticator(IReadOnlyDictionary<string, UserInfo> users) : IAuthenticator
{
    // Compared by hash, so that the time it takes tells nothing about how much of a token was right.
    private readonly Dictionary<string, UserInfo> _users = users.ToDictionary(u => Hash(u.Key), u => u.Value, StringComparer.Ordinal);

    public ValueTask<UserInfo?> AuthenticateAsync(AuthenticationRequest request, CancellationToken cancellationToken) =>
        new(request.BearerToken is { Length: > 0 } token ? _users.GetValueOrDefault(Hash(token)) : null);

    private static string Hash(string token) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
