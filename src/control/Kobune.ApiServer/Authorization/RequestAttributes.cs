using Kobune.ApiServer.Authentication;

namespace Kobune.ApiServer.Authorization;

/// <summary>What an authorizer judges: a verb on a resource, or a verb on a path that is no resource.</summary>
public sealed record RequestAttributes
{
    public required UserInfo User { get; init; }
    /// <summary>get, list, watch, create, update, patch, delete, deletecollection …; for paths the lower-case HTTP method.</summary>
    public required string Verb { get; init; }
    public string ApiGroup { get; init; } = "";
    public string ApiVersion { get; init; } = "";
    public string Resource { get; init; } = "";
    public string Subresource { get; init; } = "";
    /// <summary>Empty for cluster-scoped requests and for all namespaces.</summary>
    public string Namespace { get; init; } = "";
    /// <summary>Empty when the request names no single object.</summary>
    public string Name { get; init; } = "";
    public string Path { get; init; } = "";
    public bool IsResourceRequest { get; init; }
    public string? LabelSelector { get; init; }
    public string? FieldSelector { get; init; }
}
