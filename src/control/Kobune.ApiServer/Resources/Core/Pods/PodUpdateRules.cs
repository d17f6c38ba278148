using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Resources.Shared;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Core.Pods;

/// <summary>What may change in a Pod after its creation: images, deadlines, more tolerations, fewer gates.</summary>
internal static class PodUpdateRules
{
    private const string Updatable = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
        + "`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

    public static void Validate(Pod pod, Pod old, FieldPath path, FieldErrorList errors)
    {
        if (!SameCount(pod.Spec.Containers, old.Spec.Containers, path.Child("containers"), errors) || !SameCount(pod.Spec.InitContainers, old.Spec.InitContainers, path.Child("initContainers"), errors))
        {
            return;
        }

        if (!Deadline(pod.Spec.ActiveDeadlineSeconds, old.Spec.ActiveDeadlineSeconds, path.Child("activeDeadlineSeconds"), errors))
        {
            return;
        }

        Tolerations(pod.Spec.Tolerations, old.Spec.Tolerations, path.Child("tolerations"), errors);
        Gates(pod.Spec.SchedulingGates, old.Spec.SchedulingGates, path.Child("schedulingGates"), errors);
        if (ApiStruct.DeepEquals(pod.Spec, old.Spec))
        {
            return;
        }

        var rest = pod.Spec.Clone();
        Forgive(rest, old.Spec);
        if (old.Spec.SchedulingGates.Count > 0)
        {
            GatedPodRules.Validate(rest, old.Spec, path, errors);
        }

        if (!ApiStruct.DeepEquals(rest, old.Spec))
        {
            errors.Forbidden(path, Updatable + "\n" + StructDiff.Of("core.PodSpec", old.Spec, rest));
        }
    }

    /// <summary>Takes back what may change, so that any difference that remains may not.</summary>
    private static void Forgive(PodSpec spec, PodSpec old)
    {
        for (var i = 0; i < spec.Containers.Count; i++)
        {
            spec.Containers[i].Image = old.Containers[i].Image;
        }

        for (var i = 0; i < spec.InitContainers.Count; i++)
        {
            spec.InitContainers[i].Image = old.InitContainers[i].Image;
        }

        spec.ActiveDeadlineSeconds = old.ActiveDeadlineSeconds;
        spec.SchedulingGates = old.SchedulingGates;
        spec.Tolerations = old.Tolerations;
        if (old.TerminationGracePeriodSeconds < 0 && spec.TerminationGracePeriodSeconds == 1)
        {
            spec.TerminationGracePeriodSeconds = old.TerminationGracePeriodSeconds;
        }
    }

    private static bool SameCount(List<Container> containers, List<Container> old, FieldPath path, FieldErrorList errors)
    {
        if (containers.Count == old.Count)
        {
            return true;
        }

        errors.Forbidden(path, "pod updates may not add or remove containers");
        return false;
    }

    /// <summary>false: nothing further can be said.</summary>
    private static bool Deadline(long? value, long? old, FieldPath path, FieldErrorList errors)
    {
        switch (value)
        {
            case null:
                if (old != null)
                {
                    errors.Invalid(path, null, "must not update from a positive integer to nil value");
                }

                return true;
            case < 0 or > int.MaxValue:
                errors.Each(path, value, Names.Range(value.Value, 0, int.MaxValue));
                return false;
            default:
                if (old < value)
                {
                    errors.Invalid(path, value, "must be less than or equal to previous value");
                    return false;
                }

                return true;
        }
    }

    private static void Tolerations(List<Toleration> tolerations, List<Toleration> old, FieldPath path, FieldErrorList errors)
    {
        foreach (var before in old)
        {
            var kept = tolerations.Exists(t => t.Key == before.Key && t.Operator == before.Operator && t.Value == before.Value && t.Effect == before.Effect);
            if (!kept)
            {
                errors.Forbidden(path, "existing toleration can not be modified except its tolerationSeconds");
                return;
            }
        }
    }

    private static void Gates(List<PodSchedulingGate> gates, List<PodSchedulingGate> old, FieldPath path, FieldErrorList errors)
    {
        for (var i = 0; i < gates.Count; i++)
        {
            if (!old.Exists(g => g.Name == gates[i].Name))
            {
                errors.Forbidden(path.Index(i).Child("name"), $"only deletion is allowed, but found new scheduling gate '{gates[i].Name}'");
            }
        }
    }
}
