using Kobune.Api;
using Kobune.Api.Resource.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.DynamicResources;

internal sealed class ResourceClaimHooks : TypedHooks<ResourceClaim>
{
    protected override void Default(ResourceClaim obj) => ClaimSpecs.Default(obj.Spec);

    protected override void Validate(ResourceClaim obj, FieldErrorList errors) => ClaimSpecs.Check(obj.Spec, "spec", errors);

    protected override void ValidateUpdate(ResourceClaim obj, ResourceClaim old, FieldErrorList errors)
    {
        FieldRules.Immutable(errors, "spec", obj.Spec, old.Spec);
        Validate(obj, errors);
    }

    protected override void ValidateStatusUpdate(ResourceClaim obj, ResourceClaim old, FieldErrorList errors)
    {
        if (old.Status.Allocation is not null && obj.Status.Allocation is not null)
        {
            FieldRules.Immutable(errors, "status.allocation", obj.Status.Allocation, old.Status.Allocation);
        }
        else if (obj.Status.Allocation is null && obj.Status.ReservedFor.Count > 0)
        {
            errors.Forbidden("status.reservedFor", "may not be specified when `allocated` is not set");
        }
    }
}

internal sealed class ResourceClaimTemplateHooks : TypedHooks<ResourceClaimTemplate>
{
    protected override void Default(ResourceClaimTemplate obj) => ClaimSpecs.Default(obj.Spec.Spec);

    protected override void Validate(ResourceClaimTemplate obj, FieldErrorList errors) => ClaimSpecs.Check(obj.Spec.Spec, "spec.spec", errors);

    protected override void ValidateUpdate(ResourceClaimTemplate obj, ResourceClaimTemplate old, FieldErrorList errors) =>
        FieldRules.Immutable(errors, "spec", obj.Spec, old.Spec);
}

internal sealed class ResourceSliceHooks : TypedHooks<ResourceSlice>
{
    protected override void Validate(ResourceSlice obj, FieldErrorList errors)
    {
        if (obj.Spec.Driver.Length == 0)
        {
            errors.Required("spec.driver");
        }

        if (obj.Spec.Pool.Name.Length == 0)
        {
            errors.Required("spec.pool.name");
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < obj.Spec.Devices.Count; i++)
        {
            errors.DnsLabel($"spec.devices[{i}].name", obj.Spec.Devices[i].Name);
            if (!names.Add(obj.Spec.Devices[i].Name))
            {
                errors.Duplicate($"spec.devices[{i}].name", obj.Spec.Devices[i].Name);
            }
        }
    }

    protected override void ValidateUpdate(ResourceSlice obj, ResourceSlice old, FieldErrorList errors)
    {
        Validate(obj, errors);
        FieldRules.Immutable(errors, "spec.driver", obj.Spec.Driver, old.Spec.Driver);
        FieldRules.Immutable(errors, "spec.pool.name", obj.Spec.Pool.Name, old.Spec.Pool.Name);
        FieldRules.Immutable(errors, "spec.nodeName", obj.Spec.NodeName, old.Spec.NodeName);
    }
}
