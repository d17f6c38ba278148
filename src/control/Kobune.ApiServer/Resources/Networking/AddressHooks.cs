using System.Net;
using Kobune.Api.Networking.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Networking;

/// <summary>One address that a Service has; its name is the address.</summary>
internal sealed class IPAddressHooks : TypedHooks<Kobune.Api.Networking.V1.IPAddress>
{
    // IPv6 addresses contain colons, which no DNS name may.
    public override NameRule NameRule => NameRule.PathSegment;

    protected override void Validate(Kobune.Api.Networking.V1.IPAddress obj, FieldErrorList errors)
    {
        if (!FieldChecks.TryParseIp(obj.Metadata.Name, out var address) || address.ToString() != obj.Metadata.Name)
        {
            errors.Invalid("metadata.name", obj.Metadata.Name, "must be a valid IP address in canonical form");
        }

        if (obj.Spec.ParentRef is not { } parent)
        {
            errors.Required("spec.parentRef");
            return;
        }

        if (parent.Resource.Length == 0)
        {
            errors.Required("spec.parentRef.resource");
        }

        if (parent.Name.Length == 0)
        {
            errors.Required("spec.parentRef.name");
        }
    }

    protected override void ValidateUpdate(Kobune.Api.Networking.V1.IPAddress obj, Kobune.Api.Networking.V1.IPAddress old, FieldErrorList errors) =>
        FieldRules.Immutable(errors, "spec.parentRef", obj.Spec.ParentRef, old.Spec.ParentRef);
}

/// <summary>A range that Services get addresses from.</summary>
internal sealed class ServiceCIDRHooks : TypedHooks<ServiceCIDR>
{
    protected override void Validate(ServiceCIDR obj, FieldErrorList errors)
    {
        var cidrs = obj.Spec.Cidrs;
        if (cidrs.Count == 0)
        {
            errors.Required("spec.cidrs", "at least one CIDR required");
            return;
        }

        if (cidrs.Count > 2)
        {
            errors.Invalid("spec.cidrs", cidrs, "may only hold up to 2 values");
        }

        for (var i = 0; i < cidrs.Count; i++)
        {
            if (errors.Cidr($"spec.cidrs[{i}]", cidrs[i]) && !IPNetwork.TryParse(cidrs[i], out _))
            {
                errors.Invalid($"spec.cidrs[{i}]", cidrs[i], "must be a valid CIDR value in canonical form");
            }
        }

        if (cidrs.Count == 2 && cidrs[0].Contains(':') == cidrs[1].Contains(':'))
        {
            errors.Invalid("spec.cidrs", cidrs, "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64");
        }
    }

    protected override void ValidateUpdate(ServiceCIDR obj, ServiceCIDR old, FieldErrorList errors)
    {
        if (!old.Spec.Cidrs.SequenceEqual(obj.Spec.Cidrs))
        {
            errors.Invalid("spec.cidrs", obj.Spec.Cidrs, FieldRules.ImmutableField);
        }
    }
}
