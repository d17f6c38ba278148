using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Resources.Shared;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Core;

/// <summary>ReplicationControllers: selector and labels come from the template when they are not given.</summary>
internal sealed class ReplicationControllerHooks : TypedHooks<ReplicationController>
{
    private static readonly FieldPath Spec = FieldPath.New("spec");

    protected override void Default(ReplicationController obj)
    {
        obj.Spec.Replicas ??= 1;
        PodSpecDefaults.Apply(obj.Spec.Template);
        if (obj.Spec.Template is { Metadata.Labels: { Count: > 0 } labels })
        {
            obj.Spec.Selector = obj.Spec.Selector.Count == 0 ? new Dictionary<string, string>(labels, StringComparer.Ordinal) : obj.Spec.Selector;
            obj.Metadata.Labels = obj.Metadata.Labels.Count == 0 ? new Dictionary<string, string>(labels, StringComparer.Ordinal) : obj.Metadata.Labels;
        }
    }

    protected override void Validate(ReplicationController obj, FieldErrorList errors)
    {
        errors.NonNegative(Spec.Child("minReadySeconds"), obj.Spec.MinReadySeconds);
        if (obj.Spec.Selector.Count == 0)
        {
            errors.Required(Spec.Child("selector"));
        }

        errors.NonNegative(Spec.Child("replicas"), obj.Spec.Replicas ?? 0);
        var path = Spec.Child("template");
        if (obj.Spec.Template is not { } template)
        {
            errors.Required(path);
            return;
        }

        if (obj.Spec.Selector.Any(p => template.Metadata.Labels.GetValueOrDefault(p.Key) != p.Value))
        {
            errors.Invalid(path.Child("metadata", "labels"), template.Metadata.Labels, "`selector` does not match template `labels`");
        }

        PodTemplateSpecValidation.Validate(template, path, errors);
        if (template.Spec.RestartPolicy != "Always")
        {
            errors.NotSupported(path.Child("spec", "restartPolicy"), template.Spec.RestartPolicy, "Always");
        }

        if (template.Spec.ActiveDeadlineSeconds != null)
        {
            errors.Forbidden(path.Child("spec", "activeDeadlineSeconds"), "activeDeadlineSeconds in ReplicationController is not Supported");
        }
    }

    protected override void ValidateStatusUpdate(ReplicationController obj, ReplicationController old, FieldErrorList errors)
    {
        var (status, path) = (obj.Status, FieldPath.New("status"));
        foreach (var (name, value) in (ReadOnlySpan<(string, int)>)[("fullyLabeledReplicas", status.FullyLabeledReplicas), ("readyReplicas", status.ReadyReplicas), ("availableReplicas", status.AvailableReplicas)])
        {
            errors.NonNegative(path.Child(name), value);
            if (value > status.Replicas)
            {
                errors.Invalid(path.Child(name), value, "cannot be greater than status.replicas");
            }
        }

        errors.NonNegative(path.Child("replicas"), status.Replicas);
        if (status.AvailableReplicas > status.ReadyReplicas)
        {
            errors.Invalid(path.Child("availableReplicas"), status.AvailableReplicas, "cannot be greater than readyReplicas");
        }
    }

    protected override void Warn(ReplicationController obj, ReplicationController? old, List<string> warnings)
    {
        if (obj.Spec.Template is { } template)
        {
            PodSpecWarnings.Add(template.Spec, Spec.Child("template", "spec"), warnings);
        }
    }
}
