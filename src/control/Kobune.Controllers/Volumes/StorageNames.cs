namespace Kobune.Controllers.Volumes;

/// <summary>Annotations of claims and volumes that the controllers of storage share with provisioners, and what stands in them.</summary>
internal static class StorageNames
{
    public const string BindCompleted = "pv.kubernetes.io/bind-completed";
    public const string BoundByController = "pv.kubernetes.io/bound-by-controller";
    public const string ProvisionedBy = "pv.kubernetes.io/provisioned-by";
    public const string SelectedNode = "volume.kubernetes.io/selected-node";
    public const string Provisioner = "volume.kubernetes.io/storage-provisioner";
    public const string BetaProvisioner = "volume.beta.kubernetes.io/storage-provisioner";
    public const string BetaClass = "volume.beta.kubernetes.io/storage-class";
    public const string DefaultClass = "storageclass.kubernetes.io/is-default-class";
    public const string NoProvisioner = "kubernetes.io/no-provisioner";
    public const string Yes = "yes";
}
