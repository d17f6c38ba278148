using Kobune.Api;
using Kobune.ApiServer.Authentication;

namespace Kobune.ApiServer.Resources;

/// <summary>
/// Answers creations that store nothing of their own: reviews (TokenReview, SubjectAccessReview …) and creations through a
/// subresource (serviceaccounts/token). Registered in ResourceHooksTable.cs.
/// </summary>
public interface ICreateHandler
{
    /// <summary>The answer's body; the request's object may be completed and returned.</summary>
    ValueTask<KubeObject> CreateAsync(CreateCall call, CancellationToken cancellationToken);
}

/// <param name="Resource">The resource in the path (serviceaccounts for serviceaccounts/token).</param>
/// <param name="Namespace">Empty for cluster-scoped resources.</param>
/// <param name="Name">The parent's name for a subresource, otherwise empty.</param>
/// <param name="Parent">The stored parent object for a subresource, shared: not to be changed.</param>
public sealed record CreateCall(ResourceInfo Resource, string Subresource, string Namespace, string Name, KubeObject? Parent, KubeObject Body, UserInfo User, bool DryRun);
