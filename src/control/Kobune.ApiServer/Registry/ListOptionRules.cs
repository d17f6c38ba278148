using Kobune.Api;
using Kobune.Client;

namespace Kobune.ApiServer.Registry;

/// <summary>Which list and watch options may stand together.</summary>
internal static class ListOptionRules
{
    /// <exception cref="KubeStatusException">422 as upstream words it.</exception>
    public static void Check(ListOptions options)
    {
        if (string.IsNullOrEmpty(options.ResourceVersionMatch))
        {
            if (!string.IsNullOrEmpty(options.Continue) && options.ResourceVersion is not (null or "" or "0"))
            {
                throw StatusErrors.BadRequest("specifying resource version is not allowed when using continue");
            }

            return;
        }

        if (options.ResourceVersionMatch is not ("Exact" or "NotOlderThan"))
        {
            throw StatusErrors.Invalid("meta.k8s.io", "ListOptions", "", [FieldError.NotSupported("resourceVersionMatch", options.ResourceVersionMatch, "Exact", "NotOlderThan", "")]);
        }

        if (string.IsNullOrEmpty(options.ResourceVersion))
        {
            throw Forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided");
        }

        if (!string.IsNullOrEmpty(options.Continue))
        {
            throw Forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided");
        }

        if (options is { ResourceVersionMatch: "Exact", ResourceVersion: "0" })
        {
            throw Forbidden("resourceVersionMatch", "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
        }
    }

    /// <exception cref="KubeStatusException">422</exception>
    public static void CheckWatch(bool? sendInitialEvents, string? resourceVersionMatch, bool allowBookmarks)
    {
        if (sendInitialEvents is null)
        {
            if (!string.IsNullOrEmpty(resourceVersionMatch))
            {
                throw Forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
            }

            return;
        }

        if (resourceVersionMatch != "NotOlderThan")
        {
            throw Forbidden("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
        }

        if (sendInitialEvents == true && !allowBookmarks)
        {
            throw Forbidden("allowWatchBookmarks", "sendInitialEvents is forbidden unless allowWatchBookmarks is set to true");
        }
    }

    private static KubeStatusException Forbidden(string field, string detail) =>
        StatusErrors.Invalid("meta.k8s.io", "ListOptions", "", [FieldError.Forbidden(field, detail)]);
}
