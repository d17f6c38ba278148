using Kobune.Api;
using Kobune.Api.Core.V1;

namespace Kobune.ApiServer.Authentication.ServiceAccounts;

/// <summary>
/// Users by service-account tokens. A token holds while it has not expired, names an audience of this server, and the
/// account and whatever it is bound to still exist with the same uid.
/// </summary>
public sealed class ServiceAccountAuthenticator(ApiServerServices services, ServiceAccountTokens tokens) : IAuthenticator
{
    /// <summary>How long a deleted Pod's token still holds, so that its last words can be said.</summary>
    private static readonly TimeSpan Leeway = TimeSpan.FromSeconds(60);

    public async ValueTask<UserInfo?> AuthenticateAsync(AuthenticationRequest request, CancellationToken cancellationToken)
    {
        if (request.BearerToken is not { Length: > 0 } token || tokens.Verify(token) is not { } claims)
        {
            return null;
        }
        return await UserOfAsync(claims, [tokens.Issuer], request.Now, cancellationToken) is { } found
            ? found.User
            : throw StatusErrors.Unauthorized();
    }

    /// <summary>The user and the audiences that a token and the wanted ones share; null when it does not hold.</summary>
    internal async ValueTask<(UserInfo User, IReadOnlyList<string> Audiences)?> UserOfAsync(
        ServiceAccountClaims claims, IReadOnlyList<string> audiences, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var shared = claims.Audiences.Intersect(audiences).ToList();
        var seconds = now.ToUnixTimeSeconds();
        if (shared.Count == 0 || seconds >= claims.ExpiresAt || seconds < claims.NotBefore)
        {
            return null;
        }
        var kubernetes = claims.Kubernetes;
        return await ExistsAsync(ServiceAccount.Info, kubernetes.Namespace, kubernetes.ServiceAccount, now, cancellationToken)
            && await BoundExistsAsync(kubernetes, now, cancellationToken)
            ? (Describe(claims), shared)
            : null;
    }

    private async ValueTask<bool> BoundExistsAsync(KubernetesClaims claims, DateTimeOffset now, CancellationToken cancellationToken) =>
        (claims.Pod is null || await ExistsAsync(Pod.Info, claims.Namespace, claims.Pod, now, cancellationToken))
        && (claims.Secret is null || await ExistsAsync(Secret.Info, claims.Namespace, claims.Secret, now, cancellationToken))
        && (claims.Node is null || claims.Pod is not null || await ExistsAsync(Node.Info, null, claims.Node, now, cancellationToken));

    private async ValueTask<bool> ExistsAsync(ResourceInfo resource, string? ns, ObjectClaim claim, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var found = await services.Objects.FindAsync(resource, ns, claim.Name, cancellationToken: cancellationToken);
        if (found is null || found.Metadata.Uid != claim.Uid)
        {
            // The cache may be a little behind a token that was just issued.
            found = await services.Objects.FindAsync(resource, ns, claim.Name, fresh: true, cancellationToken);
        }
        return found is not null
            && found.Metadata.Uid == claim.Uid
            && !(found.Metadata.DeletionTimestamp is { } deleted && deleted + Leeway < now);
    }

    private static UserInfo Describe(ServiceAccountClaims claims)
    {
        var kubernetes = claims.Kubernetes;
        var extra = new Dictionary<string, IReadOnlyList<string>>();
        void Add(string key, string? value)
        {
            if (value is { Length: > 0 })
            {
                extra["authentication.kubernetes.io/" + key] = [value];
            }
        }
        Add("credential-id", claims.Id is null ? null : "JTI=" + claims.Id);
        Add("pod-name", kubernetes.Pod?.Name);
        Add("pod-uid", kubernetes.Pod?.Uid);
        Add("node-name", kubernetes.Node?.Name);
        Add("node-uid", kubernetes.Node?.Uid);
        return new UserInfo(
            claims.Subject, kubernetes.ServiceAccount.Uid,
            ["system:serviceaccounts", "system:serviceaccounts:" + kubernetes.Namespace, UserInfo.Authenticated], extra);
    }
}
