using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.ApiServer.Resources.Shared;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Checks;

/// <summary>Pod templates inside workloads: their defaults, and what workloads demand of them.</summary>
internal static class TemplateChecks
{
    public static void Default(PodTemplateSpec template) => PodSpecDefaults.Apply(template);

    public static void Check(FieldErrorList errors, string path, PodTemplateSpec template) => PodTemplateSpecValidation.Validate(template, path, errors);

    /// <summary>Mistakes in the template, told whenever it is new.</summary>
    public static void Warn(List<string> warnings, string path, PodTemplateSpec template, PodTemplateSpec? old)
    {
        if (old is null || !Kobune.Api.ApiStruct.DeepEquals(template, old))
        {
            PodSpecWarnings.Add(template.Spec, path + ".spec", warnings);
        }
    }

    /// <summary>A template for Pods that run for ever, under a selector: ReplicaSet, Deployment, StatefulSet, DaemonSet.</summary>
    public static void CheckEndless(FieldErrorList errors, string path, PodTemplateSpec template, string kind)
    {
        Check(errors, path, template);
        FieldRules.OneOf(errors, path + ".spec.restartPolicy", template.Spec.RestartPolicy, "Always");
        if (template.Spec.ActiveDeadlineSeconds is not null)
        {
            errors.Forbidden(path + ".spec.activeDeadlineSeconds", $"activeDeadlineSeconds in {kind} is not Supported");
        }
    }

    /// <summary>The selector itself, and that it selects the template's labels; false when it cannot be compiled.</summary>
    public static bool CheckSelector(FieldErrorList errors, string path, LabelSelector? selector, PodTemplateSpec template, string whenEmpty, string whenInvalid)
    {
        if (selector is null)
        {
            errors.Required(path + ".selector");
        }
        else
        {
            SelectorChecks.Check(errors, path + ".selector", selector);
            if (SelectorChecks.IsEmpty(selector))
            {
                errors.Invalid(path + ".selector", selector, whenEmpty);
            }
        }

        if (SelectorChecks.Compile(selector) is not { } compiled)
        {
            errors.Invalid(path + ".selector", selector, whenInvalid);
            return false;
        }

        if (!compiled.IsEmpty && !compiled.Matches(template.Metadata.Labels))
        {
            errors.Invalid(path + ".template.metadata.labels", Shown.Map(template.Metadata.Labels), SelectorChecks.DoesNotMatch);
        }

        return true;
    }
}
