using Kobune.ApiServer.Authentication;
using Kobune.ApiServer.Pipeline;
using Microsoft.Extensions.Logging;

namespace Kobune.ApiServer.Audit;

/// <summary>Records requests as the policy says. Bodies that hold credentials are never recorded, whatever the policy says.</summary>
internal sealed class AuditLog(AuditOptions options, TimeProvider time, ILogger<AuditLog> logger) : IAsyncDisposable
{
    private readonly AuditFile file = new(options, time, logger);

    /// <summary>Decides whether the request is recorded, once its user is known.</summary>
    public async ValueTask BeginAsync(ApiRequest request, UserInfo authenticated)
    {
        var attributes = request.Attributes();
        var (level, omit, omitManaged) = options.Policy.Decide(attributes);
        if (level == AuditLevel.None)
        {
            return;
        }

        request.Audit = new AuditRecord
        {
            Level = HoldsCredentials(request.Info) && level > AuditLevel.Metadata ? AuditLevel.Metadata : level,
            OmitStages = omit,
            OmitManagedFields = omitManaged,
            Received = request.Received,
            User = authenticated,
            Impersonated = ReferenceEquals(authenticated, request.User) ? null : request.User,
        };
        await WriteAsync(request, "RequestReceived").ConfigureAwait(false);
    }

    public ValueTask StartedAsync(ApiRequest request) => WriteAsync(request, "ResponseStarted");

    public ValueTask CompleteAsync(ApiRequest request) => WriteAsync(request, "ResponseComplete");

    public ValueTask PanicAsync(ApiRequest request) => WriteAsync(request, "Panic");

    public ValueTask DisposeAsync() => file.DisposeAsync();

    private ValueTask WriteAsync(ApiRequest request, string stage) => request.Audit is { } record && !record.OmitStages.Contains(stage)
        ? file.WriteAsync(AuditEvent.Write(request, record, stage, time.GetUtcNow()), CancellationToken.None)
        : default;

    private static bool HoldsCredentials(RequestInfo info) =>
        info is { Resource: "secrets", ApiGroup: "" } or { Resource: "tokenreviews" } or { Resource: "serviceaccounts", Subresource: "token" };
}
