using Kobune.Api;
using Kobune.ApiServer.Registry;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Pipeline;

/// <summary>Query parameters to the registry's terms.</summary>
internal static class Scopes
{
    public static RequestScope Of(ApiRequest request, ServedResource resource) => new()
    {
        Resource = resource,
        User = request.User,
        Namespace = resource.Info.Namespaced ? request.Info.Namespace : "",
        Name = request.Info.Name,
        Subresource = request.Info.Subresource,
        DryRun = DryRun(request),
        FieldManager = Manager(request),
        FieldValidation = Validation(request),
        Force = request.Flag("force"),
        Warnings = request.Warnings,
    };

    public static Kobune.Client.ListOptions List(ApiRequest request) => new()
    {
        LabelSelector = request.Query("labelSelector"),
        FieldSelector = request.Query("fieldSelector"),
        Limit = int.TryParse(request.Query("limit"), System.Globalization.CultureInfo.InvariantCulture, out var limit) ? limit : null,
        Continue = request.Query("continue"),
        ResourceVersion = request.Query("resourceVersion"),
        ResourceVersionMatch = request.Query("resourceVersionMatch"),
    };

    private static bool DryRun(ApiRequest request)
    {
        switch (request.Query("dryRun"))
        {
            case null or "": return false;
            case "All": return true;
            case var other: throw StatusErrors.Invalid("meta.k8s.io", "CreateOptions", "", [FieldError.NotSupported("dryRun", other, "All")]);
        }
    }

    private static FieldValidation Validation(ApiRequest request) => request.Query("fieldValidation") switch
    {
        null or "" or "Warn" => FieldValidation.Warn,
        "Ignore" => FieldValidation.Ignore,
        "Strict" => FieldValidation.Strict,
        var other => throw StatusErrors.Invalid("meta.k8s.io", "CreateOptions", "", [FieldError.NotSupported("fieldValidation", other, "", "Ignore", "Strict", "Warn")]),
    };

    /// <summary>The given field manager, or the program's name from User-Agent; apply must give one.</summary>
    private static string Manager(ApiRequest request)
    {
        if (request.Query("fieldManager") is { Length: > 0 } given)
        {
            if (given.Length > 128)
            {
                throw StatusErrors.Invalid("meta.k8s.io", "CreateOptions", "", [FieldError.TooLong("fieldManager", 128)]);
            }

            return given;
        }

        if (request.Info.Verb == "patch" && MediaTypes.Essence(request.Http.Request.ContentType) == "application/apply-patch+yaml")
        {
            return "";
        }

        var agent = request.Http.Request.Headers.UserAgent.ToString();
        var slash = agent.IndexOf('/');
        var name = slash < 0 ? agent : agent[..slash];
        return name.Length == 0 ? "unknown" : name.Length > 128 ? name[..128] : name;
    }
}
