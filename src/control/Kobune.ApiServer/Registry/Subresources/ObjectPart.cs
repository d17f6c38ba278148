using Kobune.Api;
using Kobune.ApiServer.Resources;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Registry.Subresources;

/// <summary>
/// Which part of an object a write may change: the object without its status, the status, or what a special subresource
/// stands for. It turns the written body into the whole object, and the whole object into the answer.
/// </summary>
internal class ObjectPart
{
    /// <summary>The body has the object's own kind (not so for scale).</summary>
    public virtual bool Whole => true;
    public virtual bool IsStatus => false;
    public bool IsApply { get; init; }

    /// <summary>The stored object with the writable part taken from what was sent; never changes <paramref name="current"/>.</summary>
    public virtual KubeObject Merge(KubeObject wanted, KubeObject current) => Guard(wanted, current);

    /// <summary>Takes back what the part may not change, after admission too.</summary>
    public virtual KubeObject Guard(KubeObject obj, KubeObject current)
    {
        if (obj.Resource.Subresource("status") is not null)
        {
            obj.CopyStatus(current);
        }

        return obj;
    }

    public virtual void Prepare(ServedResource resource, KubeObject obj, KubeObject old, WriteContext context) =>
        resource.Hooks.PrepareForUpdate(obj, old, context);

    public virtual void Validate(ServedResource resource, KubeObject obj, KubeObject old, FieldErrorList errors) =>
        resource.Hooks.ValidateUpdate(obj, old, errors);

    public virtual ApiResult Present(ApiResult result, ServedResource resource) =>
        result.Object is { } obj && resource is { Converter: { } converter } ? result with { Object = converter.FromStorage(obj) } : result;
}

/// <summary>The status (and what metadata may change with it); the rest stays as it is.</summary>
internal sealed class StatusPart : ObjectPart
{
    public override bool IsStatus => true;

    public override KubeObject Guard(KubeObject obj, KubeObject current)
    {
        var result = current.DeepClone();
        result.CopyStatus(obj);
        if (obj is DynamicObject)
        {
            // The metadata of custom resources does not change with their status, but for who owns it.
            result.Metadata.ManagedFields = obj.Metadata.ManagedFields;
            result.Metadata.ResourceVersion = obj.Metadata.ResourceVersion;
            return result;
        }

        var sent = obj.Metadata;
        var kept = result.Metadata;
        // Owners, finalizers and deletion belong to the object itself.
        sent.OwnerReferences = kept.OwnerReferences;
        sent.Finalizers = kept.Finalizers;
        sent.DeletionTimestamp = kept.DeletionTimestamp;
        sent.DeletionGracePeriodSeconds = kept.DeletionGracePeriodSeconds;
        if (!obj.Resource.Namespaced || obj.Resource.Plural == "pods")
        {
            // Nodes and Pods may change labels and annotations together with their status; workloads may not.
        }
        else
        {
            sent.Labels = kept.Labels;
            sent.Annotations = kept.Annotations;
        }

        sent.Generation = kept.Generation;
        result.Metadata = sent;
        return result;
    }

    public override void Prepare(ServedResource resource, KubeObject obj, KubeObject old, WriteContext context) =>
        resource.Hooks.PrepareForStatusUpdate(obj, old, context);

    public override void Validate(ServedResource resource, KubeObject obj, KubeObject old, FieldErrorList errors) =>
        resource.Hooks.ValidateStatusUpdate(obj, old, errors);
}
