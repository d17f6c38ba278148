using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Resources.Shared;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Core;

/// <summary>Pod templates as objects of their own.</summary>
internal sealed class PodTemplateHooks : TypedHooks<PodTemplate>
{
    protected override void Default(PodTemplate obj) => PodSpecDefaults.Apply(obj.Template);

    protected override void Validate(PodTemplate obj, FieldErrorList errors) => PodTemplateSpecValidation.Validate(obj.Template, FieldPath.New("template"), errors);

    protected override void Warn(PodTemplate obj, PodTemplate? old, List<string> warnings) => PodSpecWarnings.Add(obj.Template.Spec, FieldPath.New("template", "spec"), warnings);
}
