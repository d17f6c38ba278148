using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Core.Services;

/// <summary>What of a Service may not change: its first address and family, unless it comes from or becomes an alias.</summary>
internal static class ServiceUpdateValidation
{
    private const string Fixed = "may not change once set";

    public static void Validate(Service service, Service old, FieldErrorList errors)
    {
        if (service.Spec.Type != "ExternalName" && old.Spec.Type != "ExternalName")
        {
            ClusterIPs(service, old, FieldPath.New("spec", "clusterIPs"), errors);
            Families(service, old, FieldPath.New("spec", "ipFamilies"), errors);
        }

        if (service.Spec.Type == "LoadBalancer" && old.Spec.Type == "LoadBalancer" && service.Spec.LoadBalancerClass != old.Spec.LoadBalancerClass)
        {
            errors.Invalid("spec.loadBalancerClass", service.Spec.LoadBalancerClass, Fixed);
        }

        if (old.NeedsHealthCheck() && service.NeedsHealthCheck() && service.Spec.HealthCheckNodePort != old.Spec.HealthCheckNodePort)
        {
            errors.Forbidden("spec.healthCheckNodePort", "field is immutable");
        }

        ServiceValidation.Validate(service, errors);
    }

    private static void ClusterIPs(Service service, Service old, FieldPath path, FieldErrorList errors)
    {
        var (ips, before) = (service.Spec.ClusterIPs, old.Spec.ClusterIPs);
        if (service.IsHeadless() && old.IsHeadless())
        {
            return;
        }

        if (ips.Count == 0 && before.Count > 0)
        {
            errors.Invalid(path.Index(0), ips, "primary clusterIP can not be unset");
            return;
        }

        for (var i = 0; i < Math.Min(ips.Count, before.Count); i++)
        {
            if (ips[i] != before[i])
            {
                errors.Invalid(path.Index(i), ips, Fixed);
            }
        }

        if (ips.Count == 1 && before.Count == 2 && service.Spec.IpFamilyPolicy != "SingleStack")
        {
            errors.Invalid("spec.ipFamilyPolicy", service.Spec.IpFamilyPolicy, "must be set to 'SingleStack' when releasing the secondary clusterIP");
        }
    }

    private static void Families(Service service, Service old, FieldPath path, FieldErrorList errors)
    {
        var (families, before) = (service.Spec.IpFamilies, old.Spec.IpFamilies);
        if (service.IsHeadless() || old.IsHeadless())
        {
            return;
        }

        if (families.Count > 0 && before.Count > 0 && families[0] != before[0])
        {
            errors.Invalid(path.Index(0), families, Fixed);
        }
    }
}
