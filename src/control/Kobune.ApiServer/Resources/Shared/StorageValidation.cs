using System.Text.RegularExpressions;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Shared;

/// <summary>Storage that is reached through drivers, in Pods and in PersistentVolumes: mostly fields that must be there.</summary>
internal static partial class StorageValidation
{
    public static void Required(string value, FieldPath path, FieldErrorList errors, string detail = "")
    {
        if (value.Length == 0)
        {
            errors.Required(path, detail);
        }
    }

    public static void HostPath(HostPathVolumeSource source, FieldPath path, FieldErrorList errors)
    {
        if (source.Path.Length == 0)
        {
            errors.Required(path.Child("path"));
            return;
        }

        PathRules.NoBacksteps(source.Path, path.Child("path"), errors);
        if (source.Type is not (null or "" or "BlockDevice" or "CharDevice" or "Directory" or "DirectoryOrCreate" or "File" or "FileOrCreate" or "Socket"))
        {
            errors.NotSupported(path.Child("type"), source.Type, "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket");
        }
    }

    public static void Source(ApiStruct source, string volumeName, FieldPath path, FieldErrorList errors)
    {
        switch (source)
        {
            case NFSVolumeSource nfs:
                Required(nfs.Server, path.Child("server"), errors);
                Required(nfs.Path, path.Child("path"), errors);
                if (!nfs.Path.StartsWith('/'))
                {
                    errors.Invalid(path.Child("path"), nfs.Path, "must be an absolute path");
                }

                break;
            case CSIVolumeSource csi:
                DriverName(csi.Driver, path.Child("driver"), errors);
                SecretName(csi.NodePublishSecretRef?.Name, path.Child("nodePublishSecretRef"), errors);
                break;
            case CSIPersistentVolumeSource csi:
                Csi(csi, path, errors);
                break;
            case LocalVolumeSource local:
                Required(local.Path, path.Child("path"), errors);
                if (local.Path.Length > 0)
                {
                    PathRules.NoBacksteps(local.Path, path.Child("path"), errors);
                }

                break;
            case ISCSIVolumeSource iscsi:
                Iscsi(iscsi.TargetPortal, iscsi.Iqn, iscsi.Lun, (iscsi.ChapAuthDiscovery || iscsi.ChapAuthSession) && iscsi.SecretRef == null, path, errors);
                break;
            case ISCSIPersistentVolumeSource iscsi:
                Iscsi(iscsi.TargetPortal, iscsi.Iqn, iscsi.Lun, (iscsi.ChapAuthDiscovery || iscsi.ChapAuthSession) && iscsi.SecretRef == null, path, errors);
                SecretName(iscsi.SecretRef?.Name, path.Child("secretRef"), errors);
                break;
            case FCVolumeSource fc:
                Fc(fc, path, errors);
                break;
            default:
                RequiredFields(source, path, errors);
                break;
        }
    }

    /// <summary>The in-tree drivers of clouds and clusters, which nothing here mounts any more: only their required fields.</summary>
    private static void RequiredFields(ApiStruct source, FieldPath path, FieldErrorList errors)
    {
        (string Name, bool Missing)[] fields = source switch
        {
            GitRepoVolumeSource s => [("repository", s.Repository.Length == 0)],
            GCEPersistentDiskVolumeSource s => [("pdName", s.PdName.Length == 0)],
            AWSElasticBlockStoreVolumeSource s => [("volumeID", s.VolumeID.Length == 0)],
            GlusterfsVolumeSource s => [("endpoints", s.Endpoints.Length == 0), ("path", s.Path.Length == 0)],
            GlusterfsPersistentVolumeSource s => [("endpoints", s.Endpoints.Length == 0), ("path", s.Path.Length == 0)],
            RBDVolumeSource s => [("monitors", s.Monitors.Count == 0), ("image", s.Image.Length == 0)],
            RBDPersistentVolumeSource s => [("monitors", s.Monitors.Count == 0), ("image", s.Image.Length == 0)],
            CinderVolumeSource s => [("volumeID", s.VolumeID.Length == 0), ("secretRef.name", s.SecretRef is { Name: "" })],
            CinderPersistentVolumeSource s => [("volumeID", s.VolumeID.Length == 0), ("secretRef.name", s.SecretRef is { Name: "" }), ("secretRef.namespace", s.SecretRef is { Namespace: "" })],
            CephFSVolumeSource s => [("monitors", s.Monitors.Count == 0)],
            CephFSPersistentVolumeSource s => [("monitors", s.Monitors.Count == 0)],
            FlexVolumeSource s => [("driver", s.Driver.Length == 0)],
            FlexPersistentVolumeSource s => [("driver", s.Driver.Length == 0)],
            AzureFileVolumeSource s => [("secretName", s.SecretName.Length == 0), ("shareName", s.ShareName.Length == 0)],
            AzureFilePersistentVolumeSource s => [("secretName", s.SecretName.Length == 0), ("shareName", s.ShareName.Length == 0), ("secretNamespace", s.SecretNamespace is "")],
            VsphereVirtualDiskVolumeSource s => [("volumePath", s.VolumePath.Length == 0)],
            QuobyteVolumeSource s => [("volume", s.Volume.Length == 0)],
            AzureDiskVolumeSource s => [("diskName", s.DiskName.Length == 0), ("diskURI", s.DiskURI.Length == 0)],
            PhotonPersistentDiskVolumeSource s => [("pdID", s.PdID.Length == 0)],
            PortworxVolumeSource s => [("volumeID", s.VolumeID.Length == 0)],
            ScaleIOVolumeSource s => [("gateway", s.Gateway.Length == 0), ("system", s.System.Length == 0), ("volumeName", s.VolumeName.Length == 0)],
            ScaleIOPersistentVolumeSource s => [("gateway", s.Gateway.Length == 0), ("system", s.System.Length == 0), ("volumeName", s.VolumeName.Length == 0)],
            StorageOSVolumeSource s => [("volumeName", s.VolumeName.Length == 0)],
            StorageOSPersistentVolumeSource s => [("volumeName", s.VolumeName.Length == 0)],
            _ => [],
        };
        foreach (var (name, missing) in fields)
        {
            if (missing)
            {
                errors.Required(path.Child(name));
            }
        }

        if (source is FlockerVolumeSource { DatasetName: "", DatasetUUID: "" })
        {
            errors.Required(path, "one of datasetName and datasetUUID is required");
        }
    }

    private static void Csi(CSIPersistentVolumeSource csi, FieldPath path, FieldErrorList errors)
    {
        DriverName(csi.Driver, path.Child("driver"), errors);
        Required(csi.VolumeHandle, path.Child("volumeHandle"), errors);
        Secret(csi.ControllerPublishSecretRef, path.Child("controllerPublishSecretRef"), errors);
        Secret(csi.ControllerExpandSecretRef, path.Child("controllerExpandSecretRef"), errors);
        Secret(csi.NodePublishSecretRef, path.Child("nodePublishSecretRef"), errors);
        Secret(csi.NodeExpandSecretRef, path.Child("nodeExpandSecretRef"), errors);
    }

    private static void Secret(SecretReference? secret, FieldPath path, FieldErrorList errors)
    {
        if (secret == null)
        {
            return;
        }

        SecretName(secret.Name, path, errors);
        if (secret.Namespace.Length == 0)
        {
            errors.Required(path.Child("namespace"));
        }
        else
        {
            errors.DnsLabel(path.Child("namespace"), secret.Namespace);
        }
    }

    private static void SecretName(string? name, FieldPath path, FieldErrorList errors)
    {
        if (name != null)
        {
            Required(name, path.Child("name"), errors);
        }
    }

    private static void DriverName(string driver, FieldPath path, FieldErrorList errors)
    {
        if (driver.Length == 0)
        {
            errors.Required(path);
        }
        else if (driver.Length > 63)
        {
            errors.TooLong(path, 63);
        }
        else
        {
            errors.Each(path, driver, Names.DnsSubdomain(driver.ToLowerInvariant()));
        }
    }

    private static void Iscsi(string portal, string iqn, int lun, bool secretMissing, FieldPath path, FieldErrorList errors)
    {
        Required(portal, path.Child("targetPortal"), errors);
        if (iqn.Length == 0)
        {
            errors.Required(path.Child("iqn"));
        }
        else if (iqn.Length < 3 || iqn[..3] is not ("iqn" or "eui" or "naa"))
        {
            errors.Invalid(path.Child("iqn"), iqn, "must be valid format starting with iqn, eui, or naa");
        }
        else if (!IqnRegex().IsMatch(iqn))
        {
            errors.Invalid(path.Child("iqn"), iqn, "must be valid format");
        }

        errors.Each(path.Child("lun"), lun, Names.Range(lun, 0, 255));
        if (secretMissing)
        {
            errors.Required(path.Child("secretRef"));
        }
    }

    private static void Fc(FCVolumeSource fc, FieldPath path, FieldErrorList errors)
    {
        var names = path.Child("targetWWNs");
        if (fc.TargetWWNs.Count == 0 && fc.Wwids.Count == 0)
        {
            errors.Required(names, "must specify either targetWWNs or wwids, but not both");
        }

        if (fc.TargetWWNs.Count > 0 && fc.Wwids.Count > 0)
        {
            errors.Invalid(names, fc.TargetWWNs, "targetWWNs and wwids can not be specified simultaneously");
        }

        if (fc.TargetWWNs.Count > 0 && fc.Lun == null)
        {
            errors.Required(path.Child("lun"), "lun is required if targetWWNs is specified");
        }
        else if (fc.TargetWWNs.Count > 0)
        {
            errors.Each(path.Child("lun"), fc.Lun, Names.Range(fc.Lun!.Value, 0, 255));
        }
    }

    [GeneratedRegex(@"iqn\.\d{4}-\d{2}\.([A-Za-z0-9\-.]+)(:[^,;*&$|\s]+)\z|\Aeui.[A-Za-z0-9]{16}\z|\Anaa.[A-Za-z0-9]{32}\z")]
    private static partial Regex IqnRegex();
}
