using Kobune.Api;

namespace Kobune.ApiServer.Admission.Plugins;

/// <summary>Volumes and claims carry a finalizer, so that they outlive the Pods that use them.</summary>
internal sealed class StorageObjectInUseProtection : IAdmissionPlugin
{
    public string Name => "StorageObjectInUseProtection";

    public ValueTask AdmitAsync(AdmissionContext context, CancellationToken cancellationToken)
    {
        if (context.Operation == AdmissionOperation.Create && context.Object is { } obj)
        {
            if (context.Is("", "persistentvolumes"))
            {
                Protect(obj, "kubernetes.io/pv-protection");
            }
            else if (context.Is("", "persistentvolumeclaims"))
            {
                Protect(obj, "kubernetes.io/pvc-protection");
            }
        }

        return ValueTask.CompletedTask;
    }

    private static void Protect(KubeObject obj, string finalizer)
    {
        if (!obj.Metadata.Finalizers.Contains(finalizer))
        {
            obj.Metadata.Finalizers.Add(finalizer);
        }
    }
}
