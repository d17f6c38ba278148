using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Quotas;
using Kobune.ApiServer.Resources.Shared;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Core.Pods;

/// <summary>Pods: born pending with a quality-of-service class, nearly immutable, deleted with grace.</summary>
internal sealed class PodHooks : TypedHooks<Pod>
{
    private static readonly FieldPath Spec = FieldPath.New("spec");
    private static readonly FieldPath Annotations = FieldPath.New("metadata", "annotations");

    public override bool ReturnsDeletedObject => true;

    protected override void Default(Pod obj) => PodDefaults.Apply(obj);

    protected override void PrepareForCreate(Pod obj, WriteContext context)
    {
        obj.Status = new PodStatus { Phase = "Pending", QosClass = QosClass.Of(obj.Spec) };
        if (obj.Spec.SchedulingGates.Count > 0)
        {
            obj.Status.Conditions.Add(new PodCondition
            {
                Type = "PodScheduled",
                Status = "False",
                Reason = "SchedulingGated",
                Message = "Scheduling is blocked due to non-empty scheduling gates",
            });
        }

        MatchLabelKeys.Merge(obj);
    }

    protected override void PrepareForStatusUpdate(Pod obj, Pod old, WriteContext context)
    {
        // The class follows from the spec, which does not change it; a writer that leaves it out means no harm.
        obj.Status.QosClass = obj.Status.QosClass.Length == 0 ? old.Status.QosClass : obj.Status.QosClass;
    }

    protected override void Validate(Pod obj, FieldErrorList errors)
    {
        Always(obj, errors);
        if (obj.Spec.EphemeralContainers.Count > 0)
        {
            errors.Forbidden(Spec.Child("ephemeralContainers"), "cannot be set on create");
        }

        if (obj.Spec.NodeName.Length > 0 && obj.Spec.SchedulingGates.Count > 0)
        {
            errors.Forbidden(Spec.Child("nodeName"), "cannot be set until all schedulingGates have been cleared");
        }
    }

    protected override void ValidateUpdate(Pod obj, Pod old, FieldErrorList errors)
    {
        Always(obj, errors);
        PodAnnotationValidation.ValidateUpdate(obj.Metadata.Annotations, old.Metadata.Annotations, Annotations, errors);
        PodUpdateRules.Validate(obj, old, Spec, errors);
    }

    public override void ValidateSubresourceUpdate(string subresource, KubeObject obj, KubeObject old, FieldErrorList errors)
    {
        var (pod, before) = ((Pod)obj, (Pod)old);
        Always(pod, errors);
        switch (subresource)
        {
            case "ephemeralcontainers":
                EphemeralContainerRules.Validate(pod, before, Spec.Child("ephemeralContainers"), errors);
                break;
            case "resize":
                ResizeRules.Validate(pod, before, Spec, errors);
                break;
        }
    }

    protected override void ValidateStatusUpdate(Pod obj, Pod old, FieldErrorList errors)
    {
        PodAnnotationValidation.ValidateUpdate(obj.Metadata.Annotations, old.Metadata.Annotations, Annotations, errors);
        PodStatusRules.Validate(obj, old, errors);
    }

    protected override void Warn(Pod obj, Pod? old, List<string> warnings) => PodSpecWarnings.Add(obj.Spec, Spec, warnings);

    public override long? GracePeriod(KubeObject obj, long? requested)
    {
        var pod = (Pod)obj;
        var period = requested ?? pod.Spec.TerminationGracePeriodSeconds ?? 0;
        return pod.Spec.NodeName.Length == 0 || pod.Status.Phase is "Failed" or "Succeeded" ? 0 : period < 0 ? 1 : period;
    }

    private static void Always(Pod pod, FieldErrorList errors)
    {
        PodAnnotationValidation.Validate(pod.Metadata.Annotations, pod.Spec, Annotations, errors);
        PodSpecValidation.Validate(pod.Spec, Spec, errors, pod.Metadata.Name);
        for (var v = 0; pod.Spec.ServiceAccountName.Length == 0 && v < pod.Spec.Volumes.Count; v++)
        {
            var sources = pod.Spec.Volumes[v].Projected?.Sources ?? [];
            for (var s = 0; s < sources.Count; s++)
            {
                if (sources[s].ServiceAccountToken != null)
                {
                    errors.Forbidden(Spec.Child("volumes").Index(v).Child("projected", "sources").Index(s).Child("serviceAccountToken"), "must not be specified when serviceAccountName is not set");
                }
            }
        }

        Padding(pod.Spec.Containers, Spec.Child("containers"), errors);
        Padding(pod.Spec.InitContainers, Spec.Child("initContainers"), errors);
    }

    private static void Padding(List<Container> containers, FieldPath path, FieldErrorList errors)
    {
        for (var i = 0; i < containers.Count; i++)
        {
            ContainerValidation.Padding(containers[i], path.Index(i), errors);
        }
    }
}
