using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Kobune.Api;
using Kobune.Api.Core.V1;

namespace Kobune.ApiServer.Authentication;

/// <summary>
/// Joining nodes by bootstrap tokens (<c>abcdef.0123456789abcdef</c>): Secrets bootstrap-token-ID in kube-system, of type
/// bootstrap.kubernetes.io/token, that allow authentication and have not expired.
/// </summary>
public sealed class BootstrapTokenAuthenticator(ApiServerServices services) : IAuthenticator
{
    private const string SecretType = "bootstrap.kubernetes.io/token";
    private const string DefaultGroup = "system:bootstrappers";

    public async ValueTask<UserInfo?> AuthenticateAsync(AuthenticationRequest request, CancellationToken cancellationToken)
    {
        if (request.BearerToken is not { Length: 23 } token || token[6] != '.')
        {
            return null;
        }
        var id = token[..6];
        if (await services.Objects.FindAsync(Secret.Info, "kube-system", $"bootstrap-token-{id}", cancellationToken: cancellationToken) is not Secret secret
            || secret.Type != SecretType
            || secret.Metadata.DeletionTimestamp is not null
            || Text(secret, "token-id") != id
            || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Text(secret, "token-secret")), Encoding.UTF8.GetBytes(token[7..]))
            || Expired(secret, request.Now)
            || Text(secret, "usage-bootstrap-authentication") != "true")
        {
            return null;
        }
        var groups = Text(secret, "auth-extra-groups").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return UserInfo.Of($"system:bootstrap:{id}", [DefaultGroup, .. groups.Where(g => g.StartsWith("system:bootstrappers:", StringComparison.Ordinal))]);
    }

    private static bool Expired(Secret secret, DateTimeOffset now)
    {
        var text = Text(secret, "expiration");
        return text.Length > 0
            && (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var expiration) || expiration <= now);
    }

    private static string Text(Secret secret, string key) => secret.Data.TryGetValue(key, out var value) ? Encoding.UTF8.GetString(value) : "";
}
