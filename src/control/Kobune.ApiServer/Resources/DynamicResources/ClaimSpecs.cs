using Kobune.Api.Resource.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.DynamicResources;

/// <summary>What claims and their templates ask for.</summary>
internal static class ClaimSpecs
{
    private const int MaxRequests = 32;

    public static void Default(ResourceClaimSpec spec)
    {
        foreach (var request in spec.Devices.Requests)
        {
            if (request.Exactly is { } exactly)
            {
                (exactly.AllocationMode, exactly.Count) = Amount(exactly.AllocationMode, exactly.Count);
                Tolerations(exactly.Tolerations);
            }

            foreach (var sub in request.FirstAvailable)
            {
                (sub.AllocationMode, sub.Count) = Amount(sub.AllocationMode, sub.Count);
                Tolerations(sub.Tolerations);
            }
        }
    }

    public static void Check(ResourceClaimSpec spec, string path, FieldErrorList errors)
    {
        var requests = spec.Devices.Requests;
        if (requests.Count > MaxRequests)
        {
            errors.TooMany(path + ".devices.requests", requests.Count, MaxRequests);
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < requests.Count; i++)
        {
            var at = $"{path}.devices.requests[{i}]";
            if (requests[i].Name.Length == 0)
            {
                errors.Required(at + ".name");
            }
            else if (!names.Add(requests[i].Name))
            {
                errors.Duplicate(at + ".name", requests[i].Name);
            }

            if (requests[i].Exactly is null && requests[i].FirstAvailable.Count == 0)
            {
                errors.Required(at, "exactly one of `exactly` or `firstAvailable` is required");
            }
            else if (requests[i] is { Exactly: not null, FirstAvailable.Count: > 0 })
            {
                errors.Invalid(at, requests[i], "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set");
            }

            if (requests[i].Exactly is { } exactly)
            {
                Exactly(exactly, at + ".exactly", errors);
            }
        }
    }

    private static void Exactly(ExactDeviceRequest request, string path, FieldErrorList errors)
    {
        if (request.DeviceClassName.Length == 0)
        {
            errors.Required(path + ".deviceClassName");
        }
        else
        {
            errors.DnsSubdomain(path + ".deviceClassName", request.DeviceClassName);
        }

        FieldRules.OneOf(errors, path + ".allocationMode", request.AllocationMode, "All", "ExactCount");
        if (request.AllocationMode == "ExactCount" && request.Count <= 0)
        {
            errors.Invalid(path + ".count", request.Count, "must be greater than zero");
        }
        else if (request.AllocationMode == "All" && request.Count != 0)
        {
            errors.Invalid(path + ".count", request.Count, "must not be specified when allocationMode is 'All'");
        }
    }

    private static (string Mode, long Count) Amount(string mode, long count)
    {
        mode = mode.Length == 0 ? "ExactCount" : mode;
        return (mode, mode == "ExactCount" && count == 0 ? 1 : count);
    }

    private static void Tolerations(List<DeviceToleration> tolerations)
    {
        foreach (var toleration in tolerations)
        {
            toleration.Operator = toleration.Operator.Length == 0 ? "Equal" : toleration.Operator;
        }
    }
}
