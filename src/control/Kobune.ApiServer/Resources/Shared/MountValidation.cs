using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Shared;

/// <summary>Volume mounts and block devices of a container.</summary>
internal static class MountValidation
{
    public static void Validate(IContainer container, Dictionary<string, Volume> volumes, FieldPath path, FieldErrorList errors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var list = path.Child("volumeMounts");
        for (var i = 0; i < container.VolumeMounts.Count; i++)
        {
            var (mount, at) = (container.VolumeMounts[i], list.Index(i));
            volumes.TryGetValue(mount.Name, out var volume);
            if (mount.Name.Length == 0)
            {
                errors.Required(at.Child("name"));
            }

            if (volume == null)
            {
                errors.NotFound(at.Child("name"), mount.Name);
            }

            if (mount.MountPath.Length == 0)
            {
                errors.Required(at.Child("mountPath"));
            }

            if (!seen.Add(mount.MountPath))
            {
                errors.Invalid(at.Child("mountPath"), mount.MountPath, "must be unique");
            }

            if (container.VolumeDevices.Exists(d => d.Name == mount.Name))
            {
                errors.Invalid(at.Child("name"), mount.Name, "must not already exist in volumeDevices");
            }

            if (container.VolumeDevices.Exists(d => d.DevicePath == mount.MountPath))
            {
                errors.Invalid(at.Child("mountPath"), mount.MountPath, "must not already exist as a path in volumeDevices");
            }

            Paths(mount, list, at, errors);
            Propagation(mount, container, list, errors);
        }

        Devices(container, volumes, path.Child("volumeDevices"), errors);
    }

    // The reference reports the following at the list, not at the element.
    private static void Paths(VolumeMount mount, FieldPath list, FieldPath at, FieldErrorList errors)
    {
        PathRules.Descending(mount.SubPath, list.Child("subPath"), errors);
        if (mount.SubPathExpr.Length == 0)
        {
            return;
        }

        if (mount.SubPath.Length > 0)
        {
            errors.Invalid(at.Child("subPathExpr"), mount.SubPathExpr, "subPathExpr and subPath are mutually exclusive");
        }

        PathRules.Descending(mount.SubPathExpr, list.Child("subPathExpr"), errors);
    }

    private static void Propagation(VolumeMount mount, IContainer container, FieldPath list, FieldErrorList errors)
    {
        if (mount.MountPropagation is { } propagation)
        {
            var at = list.Child("mountPropagation");
            if (propagation is not ("Bidirectional" or "HostToContainer" or "None"))
            {
                errors.NotSupported(at, propagation, "Bidirectional", "HostToContainer", "None");
            }

            if (propagation == "Bidirectional" && container.SecurityContext?.Privileged != true)
            {
                errors.Forbidden(at, "Bidirectional mount propagation is available only to privileged containers");
            }
        }

        var recursive = list.Child("recursiveReadOnly");
        switch (mount.RecursiveReadOnly)
        {
            case null or "Disabled":
                break;
            case "Enabled" or "IfPossible":
                if (!mount.ReadOnly)
                {
                    errors.Forbidden(recursive, "may only be specified when readOnly is true");
                }

                if (mount.MountPropagation is not (null or "None"))
                {
                    errors.Forbidden(recursive, "may only be specified when mountPropagation is None or not specified");
                }

                break;
            default:
                errors.NotSupported(recursive, mount.RecursiveReadOnly, "Disabled", "Enabled", "IfPossible");
                break;
        }
    }

    private static void Devices(IContainer container, Dictionary<string, Volume> volumes, FieldPath path, FieldErrorList errors)
    {
        var (names, paths) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        for (var i = 0; i < container.VolumeDevices.Count; i++)
        {
            var (device, at) = (container.VolumeDevices[i], path.Index(i));
            volumes.TryGetValue(device.Name, out var volume);
            if (device.Name.Length == 0)
            {
                errors.Required(at.Child("name"));
            }
            else if (!names.Add(device.Name))
            {
                errors.Invalid(at.Child("name"), device.Name, "must be unique");
            }

            if (volume == null)
            {
                errors.NotFound(at.Child("name"), device.Name);
            }
            else if (volume.PersistentVolumeClaim == null && volume.Ephemeral == null)
            {
                errors.Invalid(at.Child("name"), device.Name, "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode");
            }

            if (device.DevicePath.Length == 0)
            {
                errors.Required(at.Child("devicePath"));
            }

            if (device.DevicePath.Split('/').Contains(".."))
            {
                errors.Invalid(at.Child("devicePath"), device.DevicePath, "can not contain backsteps ('..')");
            }
            else if (!paths.Add(device.DevicePath))
            {
                errors.Invalid(at.Child("devicePath"), device.DevicePath, "must be unique");
            }

            if (container.VolumeMounts.Exists(m => m.Name == device.Name))
            {
                errors.Invalid(at.Child("name"), device.Name, "must not already exist in volumeMounts");
            }

            if (container.VolumeMounts.Exists(m => m.MountPath == device.DevicePath))
            {
                errors.Invalid(at.Child("devicePath"), device.DevicePath, "must not already exist as a path in volumeMounts");
            }
        }
    }
}
