using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Storage.V1;

namespace Kobune.ApiServer.Printing;

/// <summary>Rows of volumes, claims and storage classes.</summary>
internal static class StoragePrinters
{
    private const string DefaultClass = "storageclass.kubernetes.io/is-default-class";

    public static void Print(PersistentVolume o, Cells cells)
    {
        var claim = o.Spec.ClaimRef is { } c ? $"{c.Namespace}/{c.Name}" : "";
        cells.Text(o.Name).Text(o.Spec.Capacity.TryGetValue("storage", out var size) ? size.ToString() : "").Text(Modes(o.Spec.AccessModes)).Text(o.Spec.PersistentVolumeReclaimPolicy)
            .Text(o.Metadata.DeletionTimestamp is null ? o.Status.Phase : "Terminating").Text(claim).Text(o.Spec.StorageClassName).Text(o.Spec.VolumeAttributesClassName ?? "<unset>").Text(o.Status.Reason)
            .Age(o.Metadata.CreationTimestamp).Text(o.Spec.VolumeMode ?? "<unset>");
    }

    public static void Print(PersistentVolumeClaim o, Cells cells)
    {
        var bound = o.Spec.VolumeName.Length > 0;
        cells.Text(o.Name).Text(o.Metadata.DeletionTimestamp is null ? o.Status.Phase : "Terminating").Text(o.Spec.VolumeName)
            .Text(bound && o.Status.Capacity.TryGetValue("storage", out var size) ? size.ToString() : "").Text(bound ? Modes(o.Status.AccessModes) : "")
            .Text(o.Spec.StorageClassName ?? "").Text(o.Spec.VolumeAttributesClassName ?? "<unset>").Age(o.Metadata.CreationTimestamp).Text(o.Spec.VolumeMode ?? "<unset>");
    }

    public static void Print(StorageClass o, Cells cells)
    {
        var name = o.Metadata.Annotations.GetValueOrDefault(DefaultClass) == "true" ? o.Name + " (default)" : o.Name;
        cells.Text(name).Text(o.Provisioner).Text(o.ReclaimPolicy ?? "Delete").Text(o.VolumeBindingMode ?? "<unset>").Flag(o.AllowVolumeExpansion ?? false).Age(o.Metadata.CreationTimestamp);
    }

    public static void Print(VolumeAttachment o, Cells cells) =>
        cells.Text(o.Name).Text(o.Spec.Attacher).Text(o.Spec.Source.PersistentVolumeName ?? "").Text(o.Spec.NodeName).Flag(o.Status.Attached).Age(o.Metadata.CreationTimestamp);

    private static string Modes(List<string> modes) => string.Join(',', modes.Distinct().Select(m => m switch
    {
        "ReadWriteOnce" => "RWO",
        "ReadOnlyMany" => "ROX",
        "ReadWriteMany" => "RWX",
        "ReadWriteOncePod" => "RWOP",
        _ => m,
    }));
}
