using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Shared;

/// <summary>A claim's spec, in PersistentVolumeClaims, in ephemeral volumes and in StatefulSets' templates.</summary>
internal static class ClaimSpecValidation
{
    private static readonly string[] Modes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

    public static void Validate(PersistentVolumeClaimSpec spec, FieldPath path, FieldErrorList errors)
    {
        if (spec.AccessModes.Count == 0)
        {
            errors.Required(path.Child("accessModes"), "at least 1 access mode is required");
        }

        LabelSelectorValidation.Validate(spec.Selector, path.Child("selector"), errors);
        AccessModes(spec.AccessModes, path.Child("accessModes"), errors);
        var storage = path.Child("resources").Key("storage");
        if (!spec.Resources.Requests.TryGetValue("storage", out var size))
        {
            errors.Required(storage);
        }
        else if (size.Sign <= 0)
        {
            errors.Invalid(storage, size.ToString(), "must be greater than zero");
        }

        if (!string.IsNullOrEmpty(spec.StorageClassName))
        {
            errors.DnsSubdomain(path.Child("storageClassName"), spec.StorageClassName);
        }

        VolumeMode(spec.VolumeMode, path.Child("volumeMode"), errors);
        DataSource(spec, path, errors);
        if (!string.IsNullOrEmpty(spec.VolumeAttributesClassName))
        {
            errors.DnsSubdomain(path.Child("volumeAttributesClassName"), spec.VolumeAttributesClassName);
        }
    }

    internal static void AccessModes(List<string> modes, FieldPath path, FieldErrorList errors)
    {
        foreach (var mode in modes)
        {
            if (!Modes.Contains(mode))
            {
                errors.NotSupported(path, mode, Modes);
            }
        }

        if (modes.Contains("ReadWriteOncePod") && modes.Exists(m => m != "ReadWriteOncePod" && Modes.Contains(m)))
        {
            errors.Forbidden(path, "may not use ReadWriteOncePod with other access modes");
        }
    }

    internal static void VolumeMode(string? mode, FieldPath path, FieldErrorList errors)
    {
        if (mode is not (null or "Block" or "Filesystem"))
        {
            errors.NotSupported(path, mode, "Block", "Filesystem");
        }
    }

    private static void DataSource(PersistentVolumeClaimSpec spec, FieldPath path, FieldErrorList errors)
    {
        if (spec.DataSource is { } source)
        {
            Reference(source.ApiGroup, source.Kind, source.Name, path.Child("dataSource"), errors);
        }

        if (spec.DataSourceRef is { } reference)
        {
            Reference(reference.ApiGroup, reference.Kind, reference.Name, path.Child("dataSourceRef"), errors);
            if (!string.IsNullOrEmpty(reference.Namespace))
            {
                errors.DnsLabel(path.Child("dataSourceRef", "namespace"), reference.Namespace);
                if (spec.DataSource != null)
                {
                    errors.Invalid(path, path.Child("dataSource").ToString(), "may not be specified when dataSourceRef.namespace is specified");
                }
            }
            else if (spec.DataSource is { } other && (other.ApiGroup != reference.ApiGroup || other.Kind != reference.Kind || other.Name != reference.Name))
            {
                errors.Invalid(path, path.Child("dataSource").ToString(), "must match dataSourceRef");
            }
        }
    }

    private static void Reference(string? group, string kind, string name, FieldPath path, FieldErrorList errors)
    {
        StorageValidation.Required(name, path.Child("name"), errors);
        StorageValidation.Required(kind, path.Child("kind"), errors);
        if (string.IsNullOrEmpty(group))
        {
            if (kind != "PersistentVolumeClaim")
            {
                errors.Invalid(path, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
            }
        }
        else
        {
            errors.DnsSubdomain(path.Child("apiGroup"), group);
        }
    }
}
