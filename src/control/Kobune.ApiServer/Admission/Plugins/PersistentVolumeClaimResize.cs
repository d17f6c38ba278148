using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Storage.V1;

namespace Kobune.ApiServer.Admission.Plugins;

/// <summary>Only bound claims grow, and only where the storage class says that volumes can.</summary>
internal sealed class PersistentVolumeClaimResize(ApiServerServices services) : IAdmissionPlugin
{
    public string Name => "PersistentVolumeClaimResize";

    public async ValueTask ValidateAsync(AdmissionContext context, CancellationToken cancellationToken)
    {
        if (context.Operation != AdmissionOperation.Update || !context.Is("", "persistentvolumeclaims")
            || context.Object is not PersistentVolumeClaim claim || context.OldObject is not PersistentVolumeClaim old || Size(claim) <= Size(old))
        {
            return;
        }

        if (old.Status.Phase != "Bound")
        {
            throw Refusal.Forbid(context, "Only bound persistent volume claims can be expanded");
        }

        var name = old.Metadata.Annotations.GetValueOrDefault("volume.beta.kubernetes.io/storage-class") ?? old.Spec.StorageClassName ?? "";
        var storage = name.Length == 0 ? null : await services.Objects.FindAsync<StorageClass>(null, name, cancellationToken).ConfigureAwait(false);
        if (storage?.AllowVolumeExpansion != true)
        {
            throw Refusal.Forbid(context, "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize");
        }
    }

    private static Quantity Size(PersistentVolumeClaim claim) => claim.Spec.Resources.Requests.GetValueOrDefault("storage");
}
