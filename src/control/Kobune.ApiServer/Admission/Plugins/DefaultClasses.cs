using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Networking.V1;
using Kobune.Api.Storage.V1;

namespace Kobune.ApiServer.Admission.Plugins;

/// <summary>Claims that name no storage class get the cluster's default one.</summary>
internal sealed class DefaultStorageClass(ApiServerServices services) : IAdmissionPlugin
{
    private const string ClassAnnotation = "volume.beta.kubernetes.io/storage-class";

    public string Name => "DefaultStorageClass";

    public async ValueTask AdmitAsync(AdmissionContext context, CancellationToken cancellationToken)
    {
        if (context.Operation != AdmissionOperation.Create || !context.Is("", "persistentvolumeclaims") || context.Object is not PersistentVolumeClaim claim
            || claim.Spec.StorageClassName is not null || claim.Metadata.Annotations.ContainsKey(ClassAnnotation))
        {
            return;
        }

        var classes = await services.Objects.ListAsync<StorageClass>(null, cancellationToken).ConfigureAwait(false);
        claim.Spec.StorageClassName = classes.NewestDefault("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")?.Metadata.Name;
    }
}

/// <summary>Ingresses that name no class get the cluster's default one.</summary>
internal sealed class DefaultIngressClass(ApiServerServices services) : IAdmissionPlugin
{
    private const string ClassAnnotation = "kubernetes.io/ingress.class";

    public string Name => "DefaultIngressClass";

    public async ValueTask AdmitAsync(AdmissionContext context, CancellationToken cancellationToken)
    {
        if (context.Operation != AdmissionOperation.Create || !context.Is("networking.k8s.io", "ingresses") || context.Object is not Ingress ingress
            || ingress.Spec.IngressClassName is not null || ingress.Metadata.Annotations.ContainsKey(ClassAnnotation))
        {
            return;
        }

        var classes = await services.Objects.ListAsync<IngressClass>(null, cancellationToken).ConfigureAwait(false);
        ingress.Spec.IngressClassName = classes.NewestDefault("ingressclass.kubernetes.io/is-default-class")?.Metadata.Name;
    }
}

internal static class DefaultMarks
{
    /// <summary>Several may be marked while one replaces another: the newest wins, then the first by name.</summary>
    public static T? NewestDefault<T>(this IEnumerable<T> classes, params string[] annotations)
        where T : KubeObject =>
        classes.Where(c => annotations.Any(a => c.Metadata.Annotations.GetValueOrDefault(a) == "true"))
            .OrderByDescending(c => c.Metadata.CreationTimestamp).ThenBy(c => c.Metadata.Name, StringComparer.Ordinal).FirstOrDefault();
}
