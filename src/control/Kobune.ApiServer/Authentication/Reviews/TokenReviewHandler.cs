using Kobune.Api;
using Kobune.Api.Authentication.V1;
using Kobune.ApiServer.Authentication.ServiceAccounts;
using Kobune.ApiServer.Resources;
using Microsoft.AspNetCore.Http;

namespace Kobune.ApiServer.Authentication.Reviews;

/// <summary>Answers TokenReviews: asks the authenticators of this server about somebody else's token.</summary>
internal sealed class TokenReviewHandler(
    ApiServerServices services, ServiceAccountTokens tokens, ServiceAccountAuthenticator serviceAccounts, IReadOnlyList<IAuthenticator> others) : ICreateHandler
{
    public async ValueTask<KubeObject> CreateAsync(CreateCall call, CancellationToken cancellationToken)
    {
        var review = ((TokenReview)call.Body).Clone();
        if (review.Spec.Token.Length == 0)
        {
            throw StatusErrors.BadRequest("token is required for TokenReview in authentication");
        }
        var audiences = review.Spec.Audiences.Count == 0 ? [tokens.Issuer] : review.Spec.Audiences;
        try
        {
            if (await FindAsync(review.Spec.Token, audiences, cancellationToken) is { } found)
            {
                review.Status.Authenticated = true;
                review.Status.Audiences = [.. found.Audiences];
                review.Status.User = UserInfos.ToApi(found.User);
            }
        }
        catch (KubeStatusException e)
        {
            review.Status.Error = e.Status.Message;
        }
        if (!review.Status.Authenticated && review.Status.Error.Length == 0)
        {
            review.Status.Error = "invalid bearer token";
        }
        return review;
    }

    private async ValueTask<(UserInfo User, IReadOnlyList<string> Audiences)?> FindAsync(string token, IReadOnlyList<string> audiences, CancellationToken cancellationToken)
    {
        var now = services.Time.GetUtcNow();
        if (tokens.Verify(token) is { } claims)
        {
            return await serviceAccounts.UserOfAsync(claims, audiences, now, cancellationToken);
        }
        // Tokens without audiences of their own are meant for this server.
        if (!audiences.Contains(tokens.Issuer))
        {
            return null;
        }
        var request = new AuthenticationRequest(null, token, new HeaderDictionary(), now);
        foreach (var authenticator in others)
        {
            if (await authenticator.AuthenticateAsync(request, cancellationToken) is { } user)
            {
                return (user, [tokens.Issuer]);
            }
        }
        return null;
    }
}
