using Kobune.Api.Apps.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Apps;

internal sealed class ControllerRevisionHooks : TypedHooks<ControllerRevision>
{
    protected override void Validate(ControllerRevision obj, FieldErrorList errors)
    {
        if (obj.Data is null)
        {
            errors.Required("data", "data is mandatory");
        }

        FieldRules.Nonnegative(errors, "revision", obj.Revision);
    }

    protected override void ValidateUpdate(ControllerRevision obj, ControllerRevision old, FieldErrorList errors)
    {
        Validate(obj, errors);
        var data = obj.Data?.ToString();
        if (data != old.Data?.ToString())
        {
            errors.Invalid("data", Shown.Verbatim(data ?? "null"), FieldRules.ImmutableField);
        }
    }
}
