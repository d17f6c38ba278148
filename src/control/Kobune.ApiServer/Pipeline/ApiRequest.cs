using Kobune.ApiServer.Audit;
using Kobune.ApiServer.Authentication;
using Kobune.ApiServer.Authorization;
using Microsoft.AspNetCore.Http;

namespace Kobune.ApiServer.Pipeline;

/// <summary>One HTTP request on its way through the chain.</summary>
internal sealed class ApiRequest(HttpContext http, string auditId, DateTimeOffset received)
{
    public HttpContext Http { get; } = http;
    public string AuditId { get; } = auditId;
    public DateTimeOffset Received { get; } = received;
    public RequestInfo Info { get; set; } = null!;
    /// <summary>null: the request is not recorded in the audit log.</summary>
    public AuditRecord? Audit { get; set; }
    public UserInfo User { get; set; } = UserInfo.Anonymous;
    /// <summary>Texts for Warning headers, sent with the response's head.</summary>
    public List<string> Warnings { get; } = [];
    /// <summary>Fires when the client is gone, or a request that should be short has taken too long.</summary>
    public CancellationToken Aborted { get; set; } = http.RequestAborted;

    /// <summary>Requests that last as long as the client wants.</summary>
    public bool IsLongRunning => Info.Verb == "watch" || Info.Subresource is "exec" or "attach" or "portforward" or "proxy" or "log";

    public string? Query(string name)
    {
        var values = Http.Request.Query[name];
        return values.Count == 0 ? null : values[0];
    }

    public bool Flag(string name) => Query(name) is { } value && value is not ("false" or "0");

    public RequestAttributes Attributes(string? verb = null) => new()
    {
        User = User,
        Verb = verb ?? Info.Verb,
        ApiGroup = Info.ApiGroup,
        ApiVersion = Info.ApiVersion,
        Resource = Info.Resource,
        Subresource = Info.Subresource,
        Namespace = Info.Namespace,
        Name = Info.Name,
        Path = Info.Path,
        IsResourceRequest = Info.IsResourceRequest,
        LabelSelector = Query("labelSelector"),
        FieldSelector = Query("fieldSelector"),
    };
}
