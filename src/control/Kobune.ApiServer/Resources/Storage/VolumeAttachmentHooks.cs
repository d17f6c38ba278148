using Kobune.Api.Storage.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Storage;

internal sealed class VolumeAttachmentHooks : TypedHooks<VolumeAttachment>
{
    public override bool AllowUnconditionalUpdate => false;

    protected override void Validate(VolumeAttachment obj, FieldErrorList errors)
    {
        var spec = obj.Spec;
        if (spec.Attacher.Length == 0)
        {
            errors.Required("spec.attacher", spec.Attacher);
        }

        if (spec.Source is { PersistentVolumeName: null, InlineVolumeSpec: null })
        {
            errors.Required("spec.source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName");
        }
        else if (spec.Source is { PersistentVolumeName: not null, InlineVolumeSpec: not null })
        {
            errors.Forbidden("spec.source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName");
        }

        if (spec.NodeName.Length == 0)
        {
            errors.Required("spec.nodeName");
        }
    }

    protected override void ValidateUpdate(VolumeAttachment obj, VolumeAttachment old, FieldErrorList errors)
    {
        Validate(obj, errors);
        FieldRules.Immutable(errors, "spec", obj.Spec, old.Spec);
    }
}
