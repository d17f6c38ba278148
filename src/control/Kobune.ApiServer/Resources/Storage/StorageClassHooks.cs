using Kobune.Api.Storage.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Storage;

internal sealed class StorageClassHooks : TypedHooks<StorageClass>
{
    private const int MaxParameters = 512;

    protected override void Default(StorageClass obj)
    {
        obj.ReclaimPolicy ??= "Delete";
        obj.VolumeBindingMode ??= "Immediate";
    }

    protected override void Validate(StorageClass obj, FieldErrorList errors)
    {
        if (obj.Provisioner.Length == 0)
        {
            errors.Required("provisioner", obj.Provisioner);
        }
        else
        {
            errors.QualifiedName("provisioner", obj.Provisioner.ToLowerInvariant());
        }

        if (obj.Parameters.Count > MaxParameters)
        {
            errors.TooLong("parameters", MaxParameters);
        }

        if (obj.Parameters.ContainsKey(""))
        {
            errors.Invalid("parameters", "", "field can not be empty.");
        }

        if (obj.ReclaimPolicy is { Length: > 0 } policy)
        {
            FieldRules.OneOf(errors, "reclaimPolicy", policy, "Delete", "Retain");
        }

        if (obj.VolumeBindingMode is null)
        {
            errors.Required("volumeBindingMode");
        }
        else
        {
            FieldRules.OneOf(errors, "volumeBindingMode", obj.VolumeBindingMode, "Immediate", "WaitForFirstConsumer");
        }
    }

    protected override void ValidateUpdate(StorageClass obj, StorageClass old, FieldErrorList errors)
    {
        Validate(obj, errors);
        Fixed("parameters", obj.Parameters.Count == old.Parameters.Count && obj.Parameters.All(p => old.Parameters.TryGetValue(p.Key, out var v) && v == p.Value));
        Fixed("provisioner", obj.Provisioner == old.Provisioner);
        Fixed("reclaimPolicy", obj.ReclaimPolicy == old.ReclaimPolicy);
        FieldRules.Immutable(errors, "volumeBindingMode", obj.VolumeBindingMode, old.VolumeBindingMode);

        void Fixed(string field, bool same)
        {
            if (!same)
            {
                errors.Forbidden(field, $"updates to {field} are forbidden.");
            }
        }
    }
}

internal sealed class VolumeAttributesClassHooks : TypedHooks<VolumeAttributesClass>
{
    protected override void Validate(VolumeAttributesClass obj, FieldErrorList errors)
    {
        if (obj.DriverName.Length == 0)
        {
            errors.Required("driverName", obj.DriverName);
        }

        if (obj.Parameters.Count == 0)
        {
            errors.Required("parameters", "must contain at least one key/value pair");
        }
    }

    protected override void ValidateUpdate(VolumeAttributesClass obj, VolumeAttributesClass old, FieldErrorList errors)
    {
        if (obj.DriverName != old.DriverName)
        {
            errors.Forbidden("driverName", "updates to driverName are forbidden.");
        }

        if (obj.Parameters.Count != old.Parameters.Count || obj.Parameters.Any(p => !old.Parameters.TryGetValue(p.Key, out var v) || v != p.Value))
        {
            errors.Forbidden("parameters", "updates to parameters are forbidden.");
        }
    }
}
