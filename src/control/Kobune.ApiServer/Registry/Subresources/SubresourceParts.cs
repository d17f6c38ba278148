using Kobune.Api;
using Kobune.Api.Certificates.V1;
using Kobune.Api.Core.V1;

namespace Kobune.ApiServer.Registry.Subresources;

/// <summary>Which part of an object each writable subresource stands for.</summary>
internal static class SubresourceParts
{
    private static readonly ObjectPart Itself = new();
    private static readonly StatusPart Status = new();
    private static readonly EphemeralContainersPart EphemeralContainers = new();
    private static readonly ResizePart Resize = new();
    private static readonly FinalizePart Finalize = new();
    private static readonly ApprovalPart Approval = new();
    private static readonly ScalePart Scale = new();

    /// <exception cref="KubeStatusException">404 or 405 when the resource has no such writable subresource.</exception>
    public static ObjectPart Of(RequestScope scope) => scope.Subresource switch
    {
        "" => Itself,
        "status" when scope.Resource.HasStatus => Status,
        "scale" when scope.Resource.Info.Subresource("scale") is not null => Scale,
        "ephemeralcontainers" when scope.Resource.Storage.Kind == "Pod" => EphemeralContainers,
        "resize" when scope.Resource.Storage.Kind == "Pod" => Resize,
        "finalize" when scope.Resource.Storage.Kind == "Namespace" => Finalize,
        "approval" when scope.Resource.Storage.Kind == "CertificateSigningRequest" => Approval,
        _ => throw StatusErrors.NoSuchPath(),
    };

    /// <summary>Only spec.ephemeralContainers of a Pod.</summary>
    private sealed class EphemeralContainersPart : ObjectPart
    {
        public override void Validate(ServedResource resource, KubeObject obj, KubeObject old, Validation.FieldErrorList errors) =>
            resource.Hooks.ValidateSubresourceUpdate("ephemeralcontainers", obj, old, errors);

        public override KubeObject Guard(KubeObject obj, KubeObject current)
        {
            var result = ((Pod)current).Clone();
            result.Spec.EphemeralContainers = ((Pod)obj).Spec.EphemeralContainers;
            result.Metadata.ResourceVersion = obj.Metadata.ResourceVersion;
            result.Metadata.ManagedFields = obj.Metadata.ManagedFields;
            return result;
        }
    }

    /// <summary>Only the containers' resources and resize policies of a Pod.</summary>
    private sealed class ResizePart : ObjectPart
    {
        public override void Validate(ServedResource resource, KubeObject obj, KubeObject old, Validation.FieldErrorList errors) =>
            resource.Hooks.ValidateSubresourceUpdate("resize", obj, old, errors);

        public override KubeObject Guard(KubeObject obj, KubeObject current)
        {
            var result = ((Pod)current).Clone();
            Copy(((Pod)obj).Spec.Containers, result.Spec.Containers);
            Copy(((Pod)obj).Spec.InitContainers, result.Spec.InitContainers);
            result.Metadata.ResourceVersion = obj.Metadata.ResourceVersion;
            result.Metadata.ManagedFields = obj.Metadata.ManagedFields;
            return result;
        }

        private static void Copy(List<Container> from, List<Container> to)
        {
            foreach (var container in to)
            {
                if (from.Find(c => c.Name == container.Name) is { } sent)
                {
                    container.Resources = sent.Resources;
                    container.ResizePolicy = sent.ResizePolicy;
                }
            }
        }
    }

    /// <summary>Only spec.finalizers of a Namespace.</summary>
    private sealed class FinalizePart : ObjectPart
    {
        public override void Validate(ServedResource resource, KubeObject obj, KubeObject old, Validation.FieldErrorList errors) =>
            resource.Hooks.ValidateSubresourceUpdate("finalize", obj, old, errors);

        public override void Prepare(ServedResource resource, KubeObject obj, KubeObject old, Resources.WriteContext context)
        {
            // The kind's own rule would put the finalizers back.
        }

        public override KubeObject Guard(KubeObject obj, KubeObject current)
        {
            var result = ((Namespace)current).Clone();
            result.Spec.Finalizers = ((Namespace)obj).Spec.Finalizers;
            result.Metadata.ResourceVersion = obj.Metadata.ResourceVersion;
            result.Metadata.ManagedFields = obj.Metadata.ManagedFields;
            return result;
        }
    }

    /// <summary>Only the conditions of a CertificateSigningRequest.</summary>
    private sealed class ApprovalPart : ObjectPart
    {
        public override bool IsStatus => true;

        public override KubeObject Guard(KubeObject obj, KubeObject current)
        {
            var result = ((CertificateSigningRequest)current).Clone();
            result.Status.Conditions = ((CertificateSigningRequest)obj).Status.Conditions;
            result.Metadata.ResourceVersion = obj.Metadata.ResourceVersion;
            result.Metadata.ManagedFields = obj.Metadata.ManagedFields;
            return result;
        }

        public override void Validate(ServedResource resource, KubeObject obj, KubeObject old, Validation.FieldErrorList errors) =>
            resource.Hooks.ValidateStatusUpdate(obj, old, errors);
    }

    /// <summary>The replicas of a workload, seen as a Scale.</summary>
    private sealed class ScalePart : ObjectPart
    {
        public override bool Whole => false;

        public override KubeObject Merge(KubeObject wanted, KubeObject current)
        {
            var result = current.DeepClone();
            var scale = (Kobune.Api.Autoscaling.V1.Scale)wanted;
            ScaleView.SetReplicas(result, scale.Spec.Replicas);
            result.Metadata.ResourceVersion = wanted.Metadata.ResourceVersion;
            return result;
        }

        public override KubeObject Guard(KubeObject obj, KubeObject current)
        {
            if (obj is not Kobune.Api.Autoscaling.V1.Scale)
            {
                obj.CopyStatus(current);
            }

            return obj;
        }

        public override ApiResult Present(ApiResult result, ServedResource resource) =>
            new(result.Code, null, ScaleView.Of(result.Stored?.Object ?? result.Object!));
    }
}
