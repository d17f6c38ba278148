using Kobune.Api;
using Kobune.Api.Meta.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources;

/// <summary>
/// What is special about a kind. Derive from <see cref="ResourceHooks"/>, which does nothing, and add the class to
/// ResourceHooksTable.cs. The registry itself does metadata, status stripping, generation, conflicts and deletion.
/// </summary>
public interface IResourceHooks
{
    NameRule NameRule { get; }
    /// <summary>Whether an update without resourceVersion is accepted.</summary>
    bool AllowUnconditionalUpdate { get; }
    /// <summary>Whether PUT may create the object.</summary>
    bool AllowCreateOnUpdate { get; }
    /// <summary>Whether DELETE answers with the object rather than with a Status.</summary>
    bool ReturnsDeletedObject { get; }
    /// <summary>Whether a new object may come with a status.</summary>
    bool KeepsStatusOnCreate { get; }

    /// <summary>Fills absent fields; runs after every decoding of a written object, before admission.</summary>
    void Default(KubeObject obj);
    /// <summary>Clears or sets what a client may not decide (status is already stripped).</summary>
    void PrepareForCreate(KubeObject obj, WriteContext context);
    void PrepareForUpdate(KubeObject obj, KubeObject old, WriteContext context);
    void PrepareForStatusUpdate(KubeObject obj, KubeObject old, WriteContext context);

    void Validate(KubeObject obj, FieldErrorList errors);
    void ValidateUpdate(KubeObject obj, KubeObject old, FieldErrorList errors);
    void ValidateStatusUpdate(KubeObject obj, KubeObject old, FieldErrorList errors);
    /// <summary>Writes through subresources that stand for a part of the object (pods/resize, namespaces/finalize).</summary>
    void ValidateSubresourceUpdate(string subresource, KubeObject obj, KubeObject old, FieldErrorList errors);
    /// <summary>Texts for Warning headers.</summary>
    void Warn(KubeObject obj, KubeObject? old, List<string> warnings);

    /// <summary>Reserves what the object needs from a shared pool (cluster IPs, node ports) and writes it in; undone when the write fails.</summary>
    ValueTask<IAsyncDisposable?> AllocateAsync(KubeObject obj, KubeObject? old, WriteContext context, CancellationToken cancellationToken);
    /// <summary>Called after an update is stored, to give back what the object no longer has.</summary>
    ValueTask AfterUpdateAsync(KubeObject obj, KubeObject old, CancellationToken cancellationToken);
    /// <summary>Called after the object is gone from the store.</summary>
    ValueTask ReleaseAsync(KubeObject obj, CancellationToken cancellationToken);

    /// <summary>null: the kind has no graceful deletion; otherwise the period in seconds, from what was asked for (may be null).</summary>
    long? GracePeriod(KubeObject obj, long? requested);
    /// <summary>Whether something besides metadata.finalizers holds the deletion (a namespace's spec.finalizers).</summary>
    bool HoldsDeletion(KubeObject obj);
    /// <summary>Called when deletionTimestamp is set for the first time.</summary>
    void MarkDeleting(KubeObject obj);
}

/// <summary>Who writes, and with what options.</summary>
public sealed record WriteContext(Authentication.UserInfo User, DateTimeOffset Now, bool DryRun, string FieldManager)
{
    /// <summary>Texts for the client's Warning headers.</summary>
    public List<string> Warnings { get; } = [];
}
