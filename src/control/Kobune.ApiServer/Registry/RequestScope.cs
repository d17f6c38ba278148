using Kobune.ApiServer.Authentication;

namespace Kobune.ApiServer.Registry;

/// <summary>Who asks the registry for something, for what, and with which options; independent of the transport.</summary>
internal sealed class RequestScope
{
    public required ServedResource Resource { get; init; }
    public required UserInfo User { get; init; }
    /// <summary>Empty for cluster-scoped requests and for all namespaces.</summary>
    public string Namespace { get; init; } = "";
    public string Name { get; init; } = "";
    /// <summary>Empty for the object itself.</summary>
    public string Subresource { get; init; } = "";
    public bool DryRun { get; init; }
    public string FieldManager { get; init; } = "";
    public FieldValidation FieldValidation { get; init; } = FieldValidation.Warn;
    /// <summary>The server's own cleaning up, which no webhook may hold up.</summary>
    public bool SkipAdmission { get; init; }
    /// <summary>For apply: take over fields of other managers.</summary>
    public bool Force { get; init; }
    /// <summary>Texts for Warning headers.</summary>
    public required List<string> Warnings { get; init; }
}

internal enum FieldValidation { Ignore, Warn, Strict }

/// <summary>What a request about one object comes to.</summary>
/// <param name="Stored">The object as stored, when there is one.</param>
/// <param name="Object">An object that is not stored: a Scale, a review, a dry run's outcome, a converted version.</param>
/// <param name="Status">A Status instead of an object.</param>
internal readonly record struct ApiResult(int Code, StoredObject? Stored, Kobune.Api.KubeObject? Object = null, Kobune.Api.Meta.V1.Status? Status = null);
