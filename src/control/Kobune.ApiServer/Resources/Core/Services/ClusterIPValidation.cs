using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Core.Services;

/// <summary>clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy among themselves.</summary>
internal static class ClusterIPValidation
{
    private static readonly FieldPath ClusterIPs = FieldPath.New("spec", "clusterIPs");
    private static readonly FieldPath Families = FieldPath.New("spec", "ipFamilies");

    public static void Validate(Service service, FieldErrorList errors)
    {
        var spec = service.Spec;
        if (spec.Type == "ExternalName")
        {
            return;
        }

        if (spec.ClusterIP.Length == 0)
        {
            if (spec.ClusterIPs.Count > 0)
            {
                errors.Invalid(ClusterIPs, spec.ClusterIPs, "must be empty when `clusterIP` is not specified");
            }
        }
        else if (spec.ClusterIPs.Count == 0)
        {
            errors.Required(ClusterIPs);
        }
        else if (spec.ClusterIPs[0] != spec.ClusterIP)
        {
            errors.Invalid(ClusterIPs, spec.ClusterIPs, "first value must match `clusterIP`");
        }

        CheckFamilies(spec, errors);
        if (!Addresses(spec, errors))
        {
            return;
        }

        if (spec.ClusterIPs.Count > 1 && spec.ClusterIPs.Select(ip => ip.Contains(':')).Distinct().Count() != 2)
        {
            errors.Invalid(ClusterIPs, spec.ClusterIPs, "may specify no more than one IP for each IP family");
        }

        for (var i = 0; !service.IsHeadless() && i < Math.Min(spec.ClusterIPs.Count, spec.IpFamilies.Count); i++)
        {
            var family = spec.ClusterIPs[i].Contains(':') ? "IPv6" : "IPv4";
            if (spec.IpFamilies[i] is "IPv4" or "IPv6" && spec.IpFamilies[i] != family)
            {
                errors.Invalid(ClusterIPs.Index(i), spec.ClusterIPs[i], FormattableString.Invariant($"expected an {spec.IpFamilies[i]} value as indicated by `ipFamilies[{i}]`"));
            }
        }
    }

    private static void CheckFamilies(ServiceSpec spec, FieldErrorList errors)
    {
        for (var i = 0; i < spec.IpFamilies.Count; i++)
        {
            var family = spec.IpFamilies[i];
            if (family is not ("IPv4" or "IPv6"))
            {
                errors.NotSupported(Families.Index(i), family, "IPv4", "IPv6");
            }

            if (spec.IpFamilies.IndexOf(family) < i)
            {
                errors.Duplicate(Families.Index(i), family);
            }
        }

        if (spec.IpFamilyPolicy is not (null or "SingleStack" or "PreferDualStack" or "RequireDualStack"))
        {
            errors.NotSupported("spec.ipFamilyPolicy", spec.IpFamilyPolicy, "PreferDualStack", "RequireDualStack", "SingleStack");
        }
    }

    /// <summary>false: some are none, nothing more can be said.</summary>
    private static bool Addresses(ServiceSpec spec, FieldErrorList errors)
    {
        var right = true;
        for (var i = 0; i < spec.ClusterIPs.Count; i++)
        {
            if (i > 0 || spec.ClusterIPs[i] != "None")
            {
                right &= errors.IpAddress(ClusterIPs.Index(i), spec.ClusterIPs[i]);
            }
            else if (spec.ClusterIPs.Count > 1)
            {
                errors.Invalid(ClusterIPs, spec.ClusterIPs, "'None' must be the first and only value");
                right = false;
            }
        }

        if (spec.ClusterIPs.Count > 2)
        {
            errors.Invalid(ClusterIPs, spec.ClusterIPs, "may only hold up to 2 values");
        }

        return right;
    }
}
