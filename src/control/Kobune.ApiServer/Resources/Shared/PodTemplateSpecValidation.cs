using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Shared;

/// <summary>A Pod template wherever one stands.</summary>
internal static class PodTemplateSpecValidation
{
    public static void Validate(PodTemplateSpec template, FieldPath path, FieldErrorList errors)
    {
        errors.Labels(path.Child("labels"), template.Metadata.Labels);
        errors.Annotations(path.Child("annotations"), template.Metadata.Annotations);
        PodAnnotationValidation.Validate(template.Metadata.Annotations, template.Spec, path.Child("annotations"), errors);
        PodSpecValidation.Validate(template.Spec, path.Child("spec"), errors);
        if (template.Spec.EphemeralContainers.Count > 0)
        {
            errors.Forbidden(path.Child("spec", "ephemeralContainers"), "ephemeral containers not allowed in pod template");
        }
    }
}
