using Kobune.Api;
using Kobune.Api.Authorization.V1;
using Kobune.ApiServer.Authorization.Rbac;
using Kobune.ApiServer.Resources;

namespace Kobune.ApiServer.Authorization.Reviews;

/// <summary>Answers SelfSubjectRulesReview (kubectl auth can-i --list): all that the user may do in a namespace.</summary>
internal sealed class RulesReviewHandler(RbacAuthorizer rbac) : ICreateHandler
{
    public async ValueTask<KubeObject> CreateAsync(CreateCall call, CancellationToken cancellationToken)
    {
        var review = ((SelfSubjectRulesReview)call.Body).Clone();
        if (review.Spec.Namespace.Length == 0)
        {
            throw StatusErrors.BadRequest("no namespace on request");
        }
        foreach (var rule in await rbac.RulesForAsync(call.User, review.Spec.Namespace, cancellationToken))
        {
            if (rule.Resources.Count > 0)
            {
                review.Status.ResourceRules.Add(new ResourceRule
                {
                    Verbs = rule.Verbs,
                    ApiGroups = rule.ApiGroups,
                    Resources = rule.Resources,
                    ResourceNames = rule.ResourceNames,
                });
            }
            if (rule.NonResourceURLs.Count > 0)
            {
                review.Status.NonResourceRules.Add(new NonResourceRule { Verbs = rule.Verbs, NonResourceURLs = rule.NonResourceURLs });
            }
        }
        return review;
    }
}
