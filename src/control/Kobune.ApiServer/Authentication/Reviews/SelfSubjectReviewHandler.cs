using Kobune.Api;
using Kobune.Api.Authentication.V1;
using Kobune.ApiServer.Resources;

namespace Kobune.ApiServer.Authentication.Reviews;

/// <summary>Answers «who am I» (kubectl auth whoami).</summary>
internal sealed class SelfSubjectReviewHandler(TimeProvider time) : ICreateHandler
{
    public ValueTask<KubeObject> CreateAsync(CreateCall call, CancellationToken cancellationToken)
    {
        var review = ((SelfSubjectReview)call.Body).Clone();
        review.Metadata.CreationTimestamp = time.GetUtcNow();
        review.Status.UserInfo = UserInfos.ToApi(call.User);
        return new(review);
    }
}
