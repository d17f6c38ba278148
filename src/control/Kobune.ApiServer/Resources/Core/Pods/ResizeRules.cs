using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Quotas;
using Kobune.ApiServer.Resources.Shared;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Core.Pods;

/// <summary>pods/resize: cpu and memory of running containers, without changing the class of service.</summary>
internal static class ResizeRules
{
    public static void Validate(Pod pod, Pod old, FieldPath path, FieldErrorList errors)
    {
        if (old.Metadata.Annotations.ContainsKey(PodAnnotationValidation.Mirror))
        {
            errors.Forbidden("", "static pods cannot be resized");
            return;
        }

        if (old.Spec.Os?.Name == "windows")
        {
            errors.Forbidden("", "windows pods cannot be resized");
            return;
        }

        if (QosClass.Of(old.Spec) != QosClass.Of(pod.Spec))
        {
            errors.Invalid(path, pod.Status.QosClass, "Pod QOS Class may not change as a result of resizing");
        }

        if (old.Status.ContainerStatuses.Find(s => s.State.Running != null) is { Resources: null })
        {
            errors.Forbidden(path, "Pod running on node without support for resize");
        }

        Containers(pod.Spec.InitContainers, old.Spec.InitContainers, path.Child("initContainers"), path, errors);
        Containers(pod.Spec.Containers, old.Spec.Containers, path.Child("containers"), path, errors);
    }

    private static void Containers(List<Container> containers, List<Container> old, FieldPath path, FieldPath spec, FieldErrorList errors)
    {
        for (var i = 0; i < containers.Count; i++)
        {
            var (container, before) = (containers[i], old[i]);
            var init = path.ToString().EndsWith("initContainers", StringComparison.Ordinal);
            if (init && !PodResources.IsSidecar(container))
            {
                if (!ApiStruct.DeepEquals(container, before))
                {
                    errors.Forbidden(spec, "resources for non-sidecar init containers are immutable");
                }

                continue;
            }

            var at = path.Index(i).Child("resources");
            if (before.Resources.Requests.Keys.Any(k => !container.Resources.Requests.ContainsKey(k)))
            {
                errors.Forbidden(at.Child("requests"), "resource requests cannot be removed");
            }

            if (before.Resources.Limits.Keys.Any(k => !container.Resources.Limits.ContainsKey(k)))
            {
                errors.Forbidden(at.Child("limits"), "resource limits cannot be removed");
            }

            if (Others(container.Resources) != Others(before.Resources))
            {
                errors.Forbidden(spec, init ? "only cpu and memory resources for sidecar containers are mutable" : "only cpu and memory resources are mutable");
            }
        }
    }

    private static string Others(ResourceRequirements resources)
    {
        var rest = resources.Clone();
        foreach (var name in (ReadOnlySpan<string>)["cpu", "memory"])
        {
            rest.Requests.Remove(name);
            rest.Limits.Remove(name);
        }

        return rest.ToString();
    }
}
