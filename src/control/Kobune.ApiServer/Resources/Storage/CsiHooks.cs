using Kobune.Api.Storage.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Storage;

internal sealed class CSIDriverHooks : TypedHooks<CSIDriver>
{
    public override bool AllowUnconditionalUpdate => false;

    protected override void Default(CSIDriver obj)
    {
        var spec = obj.Spec;
        spec.AttachRequired ??= true;
        spec.PodInfoOnMount ??= false;
        spec.StorageCapacity ??= false;
        spec.FsGroupPolicy ??= "ReadWriteOnceWithFSType";
        spec.RequiresRepublish ??= false;
        spec.SeLinuxMount ??= false;
        if (spec.VolumeLifecycleModes.Count == 0)
        {
            spec.VolumeLifecycleModes.Add("Persistent");
        }
    }

    protected override void Validate(CSIDriver obj, FieldErrorList errors)
    {
        var spec = obj.Spec;
        if (spec.AttachRequired is null)
        {
            errors.Required("spec.attachedRequired");
        }

        for (var i = 0; i < spec.VolumeLifecycleModes.Count; i++)
        {
            FieldRules.OneOf(errors, "spec.volumeLifecycleModes", spec.VolumeLifecycleModes[i], "Ephemeral", "Persistent");
        }

        if (spec.FsGroupPolicy is { } policy)
        {
            FieldRules.OneOf(errors, "spec.fsGroupPolicy", policy, "File", "None", "ReadWriteOnceWithFSType");
        }

        var audiences = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < spec.TokenRequests.Count; i++)
        {
            TokenRequest(spec.TokenRequests[i], audiences, $"spec.tokenRequests[{i}]", errors);
        }
    }

    protected override void ValidateUpdate(CSIDriver obj, CSIDriver old, FieldErrorList errors)
    {
        Validate(obj, errors);
        FieldRules.Immutable(errors, "spec.attachedRequired", obj.Spec.AttachRequired, old.Spec.AttachRequired);
        if (!obj.Spec.VolumeLifecycleModes.SequenceEqual(old.Spec.VolumeLifecycleModes))
        {
            errors.Invalid("spec.volumeLifecycleModes", obj.Spec.VolumeLifecycleModes, FieldRules.ImmutableField);
        }
    }

    private static void TokenRequest(TokenRequest request, HashSet<string> audiences, string path, FieldErrorList errors)
    {
        const long Minimum = 600;
        if (!audiences.Add(request.Audience))
        {
            errors.Duplicate(path + ".audience", request.Audience);
        }

        if (request.ExpirationSeconds < Minimum)
        {
            errors.Invalid(path + ".expirationSeconds", request.ExpirationSeconds, "may not specify a duration less than 10 minutes");
        }

        if (request.ExpirationSeconds > 1L << 32)
        {
            errors.Invalid(path + ".expirationSeconds", request.ExpirationSeconds, "may not specify a duration larger than 2^32 seconds");
        }
    }
}

internal sealed class CSINodeHooks : TypedHooks<CSINode>
{
    public override bool AllowUnconditionalUpdate => false;

    protected override void Validate(CSINode obj, FieldErrorList errors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < obj.Spec.Drivers.Count; i++)
        {
            var driver = obj.Spec.Drivers[i];
            var path = $"spec.drivers[{i}]";
            if (driver.Name.Length == 0)
            {
                errors.Required(path + ".name", driver.Name);
            }
            else if (!names.Add(driver.Name))
            {
                errors.Duplicate(path + ".name", driver.Name);
            }

            if (driver.NodeID.Length == 0)
            {
                errors.Required(path + ".nodeID", driver.NodeID);
            }

            FieldRules.Nonnegative(errors, path + ".allocatable.count", driver.Allocatable?.Count);
        }
    }
}

internal sealed class CSIStorageCapacityHooks : TypedHooks<CSIStorageCapacity>
{
    protected override void Validate(CSIStorageCapacity obj, FieldErrorList errors)
    {
        errors.DnsSubdomain("storageClassName", obj.StorageClassName);
        SelectorChecks.Check(errors, "nodeTopology", obj.NodeTopology);
        if (obj.Capacity is { Sign: < 0 } capacity)
        {
            errors.Invalid("capacity", capacity.ToString(), FieldRules.NotNegative);
        }

        if (obj.MaximumVolumeSize is { Sign: < 0 } size)
        {
            errors.Invalid("maximumVolumeSize", size.ToString(), FieldRules.NotNegative);
        }
    }

    protected override void ValidateUpdate(CSIStorageCapacity obj, CSIStorageCapacity old, FieldErrorList errors)
    {
        Validate(obj, errors);
        FieldRules.Immutable(errors, "nodeTopology", obj.NodeTopology, old.NodeTopology);
        FieldRules.Immutable(errors, "storageClassName", obj.StorageClassName, old.StorageClassName);
    }
}
