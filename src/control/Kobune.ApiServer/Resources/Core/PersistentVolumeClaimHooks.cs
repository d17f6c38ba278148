using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Resources.Shared;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Core;

/// <summary>Claims: only their size and their class of attributes may change, and only once they are bound.</summary>
internal sealed class PersistentVolumeClaimHooks : TypedHooks<PersistentVolumeClaim>
{
    private const string ClassAnnotation = "volume.beta.kubernetes.io/storage-class";
    private static readonly FieldPath Spec = FieldPath.New("spec");

    protected override void Default(PersistentVolumeClaim obj)
    {
        obj.Spec.VolumeMode ??= "Filesystem";
        obj.Status.Phase = obj.Status.Phase.Length == 0 ? "Pending" : obj.Status.Phase;
    }

    protected override void PrepareForCreate(PersistentVolumeClaim obj, WriteContext context)
    {
        obj.Status = new PersistentVolumeClaimStatus { Phase = "Pending" };
        DataSources(obj.Spec);
    }

    protected override void PrepareForUpdate(PersistentVolumeClaim obj, PersistentVolumeClaim old, WriteContext context) => DataSources(obj.Spec);

    protected override void Validate(PersistentVolumeClaim obj, FieldErrorList errors) => ClaimSpecValidation.Validate(obj.Spec, Spec, errors);

    protected override void ValidateUpdate(PersistentVolumeClaim obj, PersistentVolumeClaim old, FieldErrorList errors)
    {
        ClaimSpecValidation.Validate(obj.Spec, Spec, errors);
        var (rest, before) = (obj.Spec.Clone(), old.Spec.Clone());
        // The binder fills the volume's name in, once; a class may come late, but not change.
        before.VolumeName = before.VolumeName.Length == 0 ? rest.VolumeName : before.VolumeName;
        if (before.StorageClassName == null && rest.StorageClassName != null
            && (!old.Metadata.Annotations.TryGetValue(ClassAnnotation, out var annotated) || annotated == rest.StorageClassName))
        {
            rest.StorageClassName = null;
        }

        errors.Unchanged(FieldPath.New("metadata", "annotations", ClassAnnotation), obj.Metadata.Annotations.GetValueOrDefault(ClassAnnotation, ""), old.Metadata.Annotations.GetValueOrDefault(ClassAnnotation, ""));
        if (obj.Status.Phase == "Bound")
        {
            Take("storage", rest, before);
            rest.VolumeAttributesClassName = rest.VolumeAttributesClassName == null ? null : before.VolumeAttributesClassName;
        }

        if (!ApiStruct.DeepEquals(rest, before))
        {
            errors.Forbidden(Spec, "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n" + StructDiff.Of("core.PersistentVolumeClaimSpec", before, rest));
        }

        Size(obj, old, errors);
        errors.Unchanged("volumeMode", obj.Spec.VolumeMode, old.Spec.VolumeMode);
        if (old.Spec.VolumeAttributesClassName != null && string.IsNullOrEmpty(obj.Spec.VolumeAttributesClassName))
        {
            errors.Forbidden(Spec.Child("volumeAttributesClassName"), "update from non-nil value to " + (obj.Spec.VolumeAttributesClassName == null ? "nil" : "an empty string") + " is forbidden");
        }
    }

    protected override void ValidateStatusUpdate(PersistentVolumeClaim obj, PersistentVolumeClaim old, FieldErrorList errors)
    {
        foreach (var (name, amount) in obj.Status.Capacity)
        {
            if (amount.Sign < 0)
            {
                errors.Invalid(FieldPath.New("status", "capacity").Key(name), amount.Value, "must be a valid resource quantity");
            }
        }
    }

    /// <summary>It may grow, and shrink again as long as it stays above what it has.</summary>
    private static void Size(PersistentVolumeClaim obj, PersistentVolumeClaim old, FieldErrorList errors)
    {
        var size = obj.Spec.Resources.Requests.GetValueOrDefault("storage");
        if (size < old.Spec.Resources.Requests.GetValueOrDefault("storage") && size <= old.Status.Capacity.GetValueOrDefault("storage"))
        {
            errors.Forbidden(Spec.Child("resources", "requests", "storage"), "field can not be less than status.capacity");
        }
    }

    private static void Take(string name, PersistentVolumeClaimSpec to, PersistentVolumeClaimSpec from)
    {
        if (to.Resources.Requests.Count > 0 && from.Resources.Requests.TryGetValue(name, out var amount))
        {
            to.Resources.Requests[name] = amount;
        }
    }

    /// <summary>The older and the newer field say the same where they can.</summary>
    private static void DataSources(PersistentVolumeClaimSpec spec)
    {
        if (spec.DataSource is { } source && spec.DataSourceRef == null)
        {
            spec.DataSourceRef = new TypedObjectReference { ApiGroup = source.ApiGroup, Kind = source.Kind, Name = source.Name };
        }
        else if (spec.DataSource == null && spec.DataSourceRef is { } reference && string.IsNullOrEmpty(reference.Namespace)
            && (reference is { Kind: "PersistentVolumeClaim" } && string.IsNullOrEmpty(reference.ApiGroup) || reference is { Kind: "VolumeSnapshot", ApiGroup: "snapshot.storage.k8s.io" }))
        {
            spec.DataSource = new TypedLocalObjectReference { ApiGroup = reference.ApiGroup, Kind = reference.Kind, Name = reference.Name };
        }
    }
}
