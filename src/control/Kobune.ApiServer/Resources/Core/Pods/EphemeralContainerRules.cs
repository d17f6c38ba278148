using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Resources.Shared;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Core.Pods;

/// <summary>pods/ephemeralcontainers: containers may only come, not go or change.</summary>
internal static class EphemeralContainerRules
{
    public static void Validate(Pod pod, Pod old, FieldPath path, FieldErrorList errors)
    {
        if (old.Metadata.Annotations.ContainsKey(PodAnnotationValidation.Mirror))
        {
            errors.Forbidden("", "static pods do not support ephemeral containers");
            return;
        }

        foreach (var before in old.Spec.EphemeralContainers)
        {
            var container = pod.Spec.EphemeralContainers.Find(c => c.Name == before.Name);
            if (container == null)
            {
                errors.Forbidden(path, $"existing ephemeral containers \"{before.Name}\" may not be removed\n");
            }
            else if (!ApiStruct.DeepEquals(container, before))
            {
                errors.Forbidden(path, $"existing ephemeral containers \"{before.Name}\" may not be changed\n" + StructDiff.Of("core.EphemeralContainer", before, container));
            }
        }
    }
}
