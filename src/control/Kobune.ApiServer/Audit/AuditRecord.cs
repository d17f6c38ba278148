using Kobune.ApiServer.Authentication;

namespace Kobune.ApiServer.Audit;

/// <summary>What is known of one request that is recorded.</summary>
internal sealed class AuditRecord
{
    public required AuditLevel Level { get; init; }
    public required IReadOnlySet<string> OmitStages { get; init; }
    public required bool OmitManagedFields { get; init; }
    public required DateTimeOffset Received { get; init; }
    /// <summary>Who authenticated; differs from the request's user under impersonation.</summary>
    public required UserInfo User { get; init; }
    public required UserInfo? Impersonated { get; init; }
    /// <summary>JSON, when the level asks for it and the body holds no secrets.</summary>
    public ReadOnlyMemory<byte> RequestBody { get; set; }
    public ReadOnlyMemory<byte> ResponseBody { get; set; }
    public string? Decision { get; set; }
    public string DecisionReason { get; set; } = "";

    public bool WantsRequest => Level >= AuditLevel.Request;
    public bool WantsResponse => Level == AuditLevel.RequestResponse;
}
