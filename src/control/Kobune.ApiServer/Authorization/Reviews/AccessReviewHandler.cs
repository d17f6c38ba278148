using Kobune.Api;
using Kobune.Api.Authorization.V1;
using Kobune.ApiServer.Authentication;
using Kobune.ApiServer.Resources;

namespace Kobune.ApiServer.Authorization.Reviews;

/// <summary>Answers SubjectAccessReview and its Self and Local forms: may this user do that?</summary>
internal sealed class AccessReviewHandler(ApiServerServices services) : ICreateHandler
{
    public async ValueTask<KubeObject> CreateAsync(CreateCall call, CancellationToken cancellationToken)
    {
        switch (call.Body.DeepClone())
        {
            case SelfSubjectAccessReview self:
                Require(SelfSubjectAccessReview.Info, self.Spec.ResourceAttributes, self.Spec.NonResourceAttributes);
                self.Status = await DecideAsync(call.User, self.Spec.ResourceAttributes, self.Spec.NonResourceAttributes, cancellationToken);
                return self;
            case SubjectAccessReview review:
                Require(SubjectAccessReview.Info, review.Spec);
                review.Status = await DecideAsync(Subject(review.Spec), review.Spec.ResourceAttributes, review.Spec.NonResourceAttributes, cancellationToken);
                return review;
            case LocalSubjectAccessReview local:
                Require(LocalSubjectAccessReview.Info, local.Spec);
                if (local.Spec.ResourceAttributes?.Namespace != call.Namespace)
                {
                    throw StatusErrors.BadRequest(
                        $"spec.resourceAttributes.namespace must match namespace: \"{call.Namespace}\" vs \"{local.Spec.ResourceAttributes?.Namespace}\"");
                }
                local.Status = await DecideAsync(Subject(local.Spec), local.Spec.ResourceAttributes, null, cancellationToken);
                return local;
            default:
                throw new InvalidOperationException($"{call.Resource} is no access review");
        }
    }

    private static UserInfo Subject(SubjectAccessReviewSpec spec) => new(
        spec.User, spec.Uid.Length == 0 ? null : spec.Uid, spec.Groups,
        spec.Extra.ToDictionary(e => e.Key, e => (IReadOnlyList<string>)e.Value));

    private async ValueTask<SubjectAccessReviewStatus> DecideAsync(
        UserInfo user, ResourceAttributes? resource, NonResourceAttributes? path, CancellationToken cancellationToken)
    {
        var attributes = resource is not null
            ? new RequestAttributes
            {
                User = user,
                Verb = resource.Verb,
                ApiGroup = resource.Group,
                ApiVersion = resource.Version,
                Resource = resource.Resource,
                Subresource = resource.Subresource,
                Namespace = resource.Namespace,
                Name = resource.Name,
                IsResourceRequest = true,
            }
            : new RequestAttributes { User = user, Verb = path!.Verb, Path = path.Path };
        var (decision, reason) = await services.Authorizer.AuthorizeAsync(attributes, cancellationToken);
        return new SubjectAccessReviewStatus { Allowed = decision == Decision.Allow, Denied = decision == Decision.Deny, Reason = reason };
    }

    private static void Require(ResourceInfo kind, SubjectAccessReviewSpec spec)
    {
        Require(kind, spec.ResourceAttributes, spec.NonResourceAttributes);
        if (spec.User.Length == 0 && spec.Groups.Count == 0)
        {
            throw Invalid(kind, FieldError.Invalid(FieldPath.New("spec").Child("user"), spec.User, "at least one of user or group must be specified"));
        }
    }

    private static void Require(ResourceInfo kind, ResourceAttributes? resource, NonResourceAttributes? path)
    {
        if (resource is null && path is null)
        {
            throw Invalid(kind, FieldError.Invalid(FieldPath.New("spec").Child("resourceAttributes"), null, "exactly one of nonResourceAttributes or resourceAttributes must be specified"));
        }
        if (resource is not null && path is not null)
        {
            throw Invalid(kind, FieldError.Invalid(FieldPath.New("spec").Child("nonResourceAttributes"), null, "cannot be specified in combination with resourceAttributes"));
        }
    }

    private static KubeStatusException Invalid(ResourceInfo kind, FieldError error) => StatusErrors.Invalid(kind, "", [error]);
}
