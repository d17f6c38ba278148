using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Resources.Shared;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Core;

/// <summary>PersistentVolumes: one source each, which does not change.</summary>
internal sealed class PersistentVolumeHooks : TypedHooks<PersistentVolume>
{
    private static readonly FieldPath Spec = FieldPath.New("spec");

    protected override void Default(PersistentVolume obj)
    {
        var spec = obj.Spec;
        obj.Status.Phase = obj.Status.Phase.Length == 0 ? "Pending" : obj.Status.Phase;
        spec.PersistentVolumeReclaimPolicy = spec.PersistentVolumeReclaimPolicy.Length == 0 ? "Retain" : spec.PersistentVolumeReclaimPolicy;
        spec.VolumeMode ??= "Filesystem";
        VolumeDefaults.HostPath(spec.HostPath);
        VolumeDefaults.AzureDisk(spec.AzureDisk);
        if (spec.Iscsi is { IscsiInterface: "" } iscsi)
        {
            iscsi.IscsiInterface = "default";
        }
    }

    protected override void PrepareForCreate(PersistentVolume obj, WriteContext context) =>
        obj.Status = new PersistentVolumeStatus { Phase = "Pending", LastPhaseTransitionTime = context.Now };

    protected override void PrepareForStatusUpdate(PersistentVolume obj, PersistentVolume old, WriteContext context)
    {
        if (obj.Status.Phase != old.Status.Phase && (obj.Status.LastPhaseTransitionTime == null || obj.Status.LastPhaseTransitionTime == old.Status.LastPhaseTransitionTime))
        {
            obj.Status.LastPhaseTransitionTime = context.Now;
        }
    }

    protected override void Validate(PersistentVolume obj, FieldErrorList errors)
    {
        var spec = obj.Spec;
        if (spec.AccessModes.Count == 0)
        {
            errors.Required(Spec.Child("accessModes"));
        }

        ClaimSpecValidation.AccessModes(spec.AccessModes, Spec.Child("accessModes"), errors);
        Capacity(spec, Spec.Child("capacity"), errors);
        if (spec.PersistentVolumeReclaimPolicy is not ("Delete" or "Recycle" or "Retain"))
        {
            errors.NotSupported(Spec.Child("persistentVolumeReclaimPolicy"), spec.PersistentVolumeReclaimPolicy, "Delete", "Recycle", "Retain");
        }

        if (spec.NodeAffinity is { } affinity)
        {
            if (affinity.Required is { } required)
            {
                AffinityValidation.Selector(required, Spec.Child("nodeAffinity", "required"), errors);
            }
            else
            {
                errors.Required(Spec.Child("nodeAffinity", "required"), "must specify required node constraints");
            }
        }

        Sources(obj, errors);
        if (spec.StorageClassName.Length > 0)
        {
            errors.DnsSubdomain(Spec.Child("storageClassName"), spec.StorageClassName);
        }

        ClaimSpecValidation.VolumeMode(spec.VolumeMode, Spec.Child("volumeMode"), errors);
    }

    protected override void ValidateUpdate(PersistentVolume obj, PersistentVolume old, FieldErrorList errors)
    {
        Validate(obj, errors);
        var (source, before) = (SourceOnly(obj.Spec), SourceOnly(old.Spec));
        if (before.Csi is { ControllerExpandSecretRef: null } && source.Csi != null)
        {
            source.Csi.ControllerExpandSecretRef = null;
        }

        if (!ApiStruct.DeepEquals(source, before))
        {
            errors.Forbidden("spec.persistentvolumesource", "spec.persistentvolumesource is immutable after creation\n" + StructDiff.Of("core.PersistentVolumeSource", before, source));
        }

        errors.Unchanged("volumeMode", obj.Spec.VolumeMode, old.Spec.VolumeMode);
        if (old.Spec.NodeAffinity != null && !ApiStruct.DeepEquals(obj.Spec.NodeAffinity, old.Spec.NodeAffinity))
        {
            errors.Invalid("nodeAffinity", obj.Spec.NodeAffinity, "field is immutable, except for updating from beta label to GA");
        }

        if (old.Spec.VolumeAttributesClassName != null && obj.Spec.VolumeAttributesClassName == null)
        {
            errors.Forbidden(Spec.Child("volumeAttributesClassName"), "update from non-nil value to nil is forbidden");
        }
    }

    private static void Capacity(PersistentVolumeSpec spec, FieldPath path, FieldErrorList errors)
    {
        if (spec.Capacity.Count == 0)
        {
            errors.Required(path);
        }

        if (spec.Capacity.Count != 1 || !spec.Capacity.ContainsKey("storage"))
        {
            errors.NotSupported(path, "{" + string.Join(",", spec.Capacity.Select(p => $"\"{p.Key}\":\"{p.Value}\"")) + "}", "storage");
        }

        foreach (var (name, amount) in spec.Capacity)
        {
            if (amount.Sign <= 0)
            {
                errors.Invalid(path.Key(name), amount.ToString(), "must be greater than zero");
            }
        }
    }

    private static void Sources(PersistentVolume obj, FieldErrorList errors)
    {
        var count = 0;
        foreach (var (name, source) in All(obj.Spec))
        {
            if (source == null)
            {
                continue;
            }

            if (count++ > 0)
            {
                errors.Forbidden(Spec.Child(name), "may not specify more than 1 volume type");
                continue;
            }

            var path = Spec.Child(name switch { "gcePersistentDisk" => "persistentDisk", "cephFS" => "cephfs", _ => name });
            if (source is HostPathVolumeSource host)
            {
                StorageValidation.HostPath(host, path, errors);
            }
            else
            {
                StorageValidation.Source(source, obj.Metadata.Name, path, errors);
            }
        }

        if (count == 0)
        {
            errors.Required(Spec, "must specify a volume type");
        }

        if (obj.Spec.Local != null && obj.Spec.NodeAffinity == null)
        {
            errors.Required(Spec.Child("nodeAffinity"), "Local volume requires node affinity");
        }

        if (obj.Spec.HostPath is { } root && obj.Spec.PersistentVolumeReclaimPolicy == "Recycle" && root.Path.Trim('/').Length == 0)
        {
            errors.Forbidden(Spec.Child("persistentVolumeReclaimPolicy"), "may not be 'recycle' for a hostPath mount of '/'");
        }
    }

    private static (string Name, ApiStruct? Source)[] All(PersistentVolumeSpec s) =>
    [
        ("hostPath", s.HostPath), ("gcePersistentDisk", s.GcePersistentDisk), ("awsElasticBlockStore", s.AwsElasticBlockStore), ("glusterfs", s.Glusterfs),
        ("flocker", s.Flocker), ("nfs", s.Nfs), ("rbd", s.Rbd), ("quobyte", s.Quobyte), ("cephFS", s.Cephfs), ("iscsi", s.Iscsi), ("cinder", s.Cinder),
        ("fc", s.Fc), ("flexVolume", s.FlexVolume), ("azureFile", s.AzureFile), ("vsphereVolume", s.VsphereVolume), ("photonPersistentDisk", s.PhotonPersistentDisk),
        ("portworxVolume", s.PortworxVolume), ("azureDisk", s.AzureDisk), ("scaleIO", s.ScaleIO), ("local", s.Local), ("storageos", s.Storageos), ("csi", s.Csi),
    ];

    /// <summary>A copy in which everything but the source is empty.</summary>
    private static PersistentVolumeSpec SourceOnly(PersistentVolumeSpec spec)
    {
        var copy = spec.Clone();
        copy.Capacity = [];
        copy.AccessModes = [];
        copy.MountOptions = [];
        (copy.ClaimRef, copy.NodeAffinity, copy.VolumeMode, copy.VolumeAttributesClassName) = (null, null, null, null);
        (copy.PersistentVolumeReclaimPolicy, copy.StorageClassName) = ("", "");
        return copy;
    }
}
