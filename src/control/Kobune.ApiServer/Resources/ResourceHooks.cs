using Kobune.Api;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources;

/// <summary>Hooks that do nothing: the base of all others, and what a kind without a class of its own gets.</summary>
public class ResourceHooks : IResourceHooks
{
    internal static ResourceHooks None { get; } = new();

    public virtual NameRule NameRule => NameRule.DnsSubdomain;
    public virtual bool AllowUnconditionalUpdate => true;
    public virtual bool AllowCreateOnUpdate => false;
    public virtual bool ReturnsDeletedObject => false;
    public virtual bool KeepsStatusOnCreate => false;
    public virtual void Default(KubeObject obj) { }
    public virtual void PrepareForCreate(KubeObject obj, WriteContext context) { }
    public virtual void PrepareForUpdate(KubeObject obj, KubeObject old, WriteContext context) { }
    public virtual void PrepareForStatusUpdate(KubeObject obj, KubeObject old, WriteContext context) { }
    public virtual void Validate(KubeObject obj, FieldErrorList errors) { }
    public virtual void ValidateUpdate(KubeObject obj, KubeObject old, FieldErrorList errors) => Validate(obj, errors);
    public virtual void ValidateStatusUpdate(KubeObject obj, KubeObject old, FieldErrorList errors) { }
    public virtual void ValidateSubresourceUpdate(string subresource, KubeObject obj, KubeObject old, FieldErrorList errors) => ValidateUpdate(obj, old, errors);
    public virtual void Warn(KubeObject obj, KubeObject? old, List<string> warnings) { }
    public virtual ValueTask<IAsyncDisposable?> AllocateAsync(KubeObject obj, KubeObject? old, WriteContext context, CancellationToken cancellationToken) => default;
    public virtual ValueTask AfterUpdateAsync(KubeObject obj, KubeObject old, CancellationToken cancellationToken) => default;
    public virtual ValueTask ReleaseAsync(KubeObject obj, CancellationToken cancellationToken) => default;
    public virtual long? GracePeriod(KubeObject obj, long? requested) => null;
    public virtual bool HoldsDeletion(KubeObject obj) => false;
    public virtual void MarkDeleting(KubeObject obj) { }
}
