using Kobune.Api;

namespace Kobune.Controllers;

/// <summary>The failures that controllers treat specially.</summary>
internal static class ApiErrors
{
    public static bool IsNotFound(this Exception error) => error is KubeStatusException { Status.Code: 404 };

    public static bool IsConflict(this Exception error) => error is KubeStatusException { Status: { Code: 409, Reason: "Conflict" } };

    public static bool IsAlreadyExists(this Exception error) => error is KubeStatusException { Status: { Code: 409, Reason: "AlreadyExists" } };

    /// <summary>Nothing can be created because the namespace is going away: not worth another attempt.</summary>
    public static bool IsNamespaceTerminating(this Exception error) =>
        error is KubeStatusException { Status: { Code: 403, Details: { } details } } && details.Causes.Any(c => c.Reason == "NamespaceTerminating");
}
