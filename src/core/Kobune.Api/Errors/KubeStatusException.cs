namespace Kobune.Api;

using Kobune.Api.Meta.V1;

/// <summary>A request's failure as the API words it; made by <see cref="StatusErrors"/> or read from a response.</summary>
public sealed class KubeStatusException(Status status, Exception? inner = null) : Exception(status.Message, inner)
{
    public Status Status { get; } = status;

    public int Code => Status.Code;

    public string Reason => Status.Reason;

    public bool IsNotFound => Reason == StatusReason.NotFound;
    public bool IsAlreadyExists => Reason == StatusReason.AlreadyExists;
    public bool IsConflict => Reason == StatusReason.Conflict;
    public bool IsForbidden => Reason == StatusReason.Forbidden;
    public bool IsInvalid => Reason == StatusReason.Invalid;
    public bool IsUnauthorized => Reason == StatusReason.Unauthorized;
    public bool IsTooManyRequests => Code == 429;

    /// <summary>The resource version asked for is compacted or too old: list again.</summary>
    public bool IsExpired => Reason is StatusReason.Expired or StatusReason.Gone;
}

/// <summary>The machine-readable reasons of a Status.</summary>
public static class StatusReason
{
    public const string Unknown = "";
    public const string Unauthorized = "Unauthorized";
    public const string Forbidden = "Forbidden";
    public const string NotFound = "NotFound";
    public const string AlreadyExists = "AlreadyExists";
    public const string Conflict = "Conflict";
    public const string Gone = "Gone";
    public const string Expired = "Expired";
    public const string Invalid = "Invalid";
    public const string ServerTimeout = "ServerTimeout";
    public const string Timeout = "Timeout";
    public const string TooManyRequests = "TooManyRequests";
    public const string BadRequest = "BadRequest";
    public const string MethodNotAllowed = "MethodNotAllowed";
    public const string NotAcceptable = "NotAcceptable";
    public const string RequestEntityTooLarge = "RequestEntityTooLarge";
    public const string UnsupportedMediaType = "UnsupportedMediaType";
    public const string InternalError = "InternalError";
    public const string ServiceUnavailable = "ServiceUnavailable";
}
