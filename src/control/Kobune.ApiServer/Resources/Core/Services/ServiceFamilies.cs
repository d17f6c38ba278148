using System.Net;
using System.Net.Sockets;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Core.Services;

/// <summary>Completes ipFamilyPolicy and ipFamilies for a cluster with one family of addresses.</summary>
internal sealed class ServiceFamilies(IPNetwork network)
{
    private readonly string own = network.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4";

    /// <exception cref="KubeStatusException">422: what is asked for does not exist here.</exception>
    public void Complete(Service service, Service? old)
    {
        var spec = service.Spec;
        if (spec.Type == "ExternalName")
        {
            return;
        }

        var selectorless = service.IsHeadless() && spec.Selector.Count == 0;
        spec.IpFamilyPolicy ??= old?.Spec.IpFamilyPolicy ?? (selectorless ? "RequireDualStack" : "SingleStack");
        var errors = new FieldErrorList();
        ClusterIPValidation.Validate(service, errors);
        Throw(service, errors);
        if (old != null && spec.IpFamilyPolicy == "SingleStack")
        {
            spec.ClusterIPs = spec.ClusterIPs.Count > 1 && spec.ClusterIPs.SequenceEqual(old.Spec.ClusterIPs) ? [spec.ClusterIPs[0]] : spec.ClusterIPs;
            spec.IpFamilies = spec.IpFamilies.Count > 1 && spec.IpFamilies.SequenceEqual(old.Spec.IpFamilies) ? [spec.IpFamilies[0]] : spec.IpFamilies;
        }

        CheckPolicy(spec, errors);
        Infer(spec, errors);
        Throw(service, errors);
        if (selectorless)
        {
            // Its endpoints are written by hand and may be of any family.
            spec.IpFamilies = spec.IpFamilies.Count == 0 ? [own] : spec.IpFamilies;
            if (spec.IpFamilies.Count < 2 && spec.IpFamilyPolicy != "SingleStack")
            {
                spec.IpFamilies = [spec.IpFamilies[0], spec.IpFamilies[0] == "IPv4" ? "IPv6" : "IPv4"];
            }

            return;
        }

        CheckCluster(spec, errors);
        Throw(service, errors);
        spec.IpFamilies = spec.IpFamilies.Count == 0 ? [own] : spec.IpFamilies;
    }

    private static void CheckPolicy(ServiceSpec spec, FieldErrorList errors)
    {
        const string both = "must be 'RequireDualStack' or 'PreferDualStack' when multiple ";
        if (spec.IpFamilyPolicy == "SingleStack" && spec.ClusterIPs.Count == 2)
        {
            errors.Invalid("spec.ipFamilyPolicy", spec.IpFamilyPolicy, both + "cluster IPs are specified");
        }

        if (spec.IpFamilyPolicy == "SingleStack" && spec.IpFamilies.Count == 2)
        {
            errors.Invalid("spec.ipFamilyPolicy", spec.IpFamilyPolicy, both + "IP families are specified");
        }
    }

    private void Infer(ServiceSpec spec, FieldErrorList errors)
    {
        for (var i = spec.IpFamilies.Count; i < spec.ClusterIPs.Count && spec.ClusterIPs[0] != "None"; i++)
        {
            var family = spec.ClusterIPs[i].Contains(':') ? "IPv6" : "IPv4";
            if (family == own)
            {
                spec.IpFamilies.Add(family);
            }
            else
            {
                errors.Invalid(FieldPath.New("spec", "clusterIPs").Index(i), spec.ClusterIPs, $"{family} is not configured on this cluster");
            }
        }
    }

    private void CheckCluster(ServiceSpec spec, FieldErrorList errors)
    {
        if (spec.IpFamilyPolicy == "RequireDualStack")
        {
            errors.Invalid("spec.ipFamilyPolicy", spec.IpFamilyPolicy, "this cluster is not configured for dual-stack services");
        }

        for (var i = 0; i < spec.IpFamilies.Count; i++)
        {
            if (spec.IpFamilies[i] != own)
            {
                errors.Invalid(FieldPath.New("spec", "ipFamilies").Index(i), spec.IpFamilies[i], "not configured on this cluster");
            }
        }
    }

    private static void Throw(Service service, FieldErrorList errors) => errors.ThrowIfAny(service.Resource, service.Metadata.Name);
}
