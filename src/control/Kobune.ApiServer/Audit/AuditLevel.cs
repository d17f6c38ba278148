namespace Kobune.ApiServer.Audit;

/// <summary>How much of a request is recorded (audit.k8s.io/v1).</summary>
public enum AuditLevel
{
    /// <summary>Nothing.</summary>
    None,
    /// <summary>Who did what to what, when and with which outcome.</summary>
    Metadata,
    /// <summary>That and the body sent.</summary>
    Request,
    /// <summary>That and the body answered.</summary>
    RequestResponse,
}
