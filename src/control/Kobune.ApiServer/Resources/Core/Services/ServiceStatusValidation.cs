using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Core.Services;

/// <summary>status.loadBalancer of a Service (and of an Ingress, in its own shape).</summary>
internal static class ServiceStatusValidation
{
    public static void Validate(Service service, FieldErrorList errors)
    {
        var path = FieldPath.New("status", "loadBalancer", "ingress");
        var list = service.Status.LoadBalancer.Ingress;
        if (service.Spec.Type != "LoadBalancer" && list.Count > 0)
        {
            errors.Forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'");
            return;
        }

        for (var i = 0; i < list.Count; i++)
        {
            var (ingress, at) = (list[i], path.Index(i));
            if (ingress.Ip.Length > 0)
            {
                errors.IpAddress(at.Child("ip"), ingress.Ip);
            }

            Mode(ingress, at.Child("ipMode"), errors);
            if (ingress.Hostname.Length > 0)
            {
                errors.DnsSubdomain(at.Child("hostname"), ingress.Hostname);
                if (FieldChecks.TryParseIp(ingress.Hostname, out _))
                {
                    errors.Invalid(at.Child("hostname"), ingress.Hostname, "must be a DNS name, not an IP address");
                }
            }
        }
    }

    private static void Mode(LoadBalancerIngress ingress, FieldPath path, FieldErrorList errors)
    {
        if (ingress.IpMode == null)
        {
            if (ingress.Ip.Length > 0)
            {
                errors.Required(path, "must be specified when `ip` is set");
            }
        }
        else if (ingress.Ip.Length == 0)
        {
            errors.Forbidden(path, "may not be specified when `ip` is not set");
        }
        else if (ingress.IpMode is not ("Proxy" or "VIP"))
        {
            errors.NotSupported(path, ingress.IpMode, "Proxy", "VIP");
        }
    }
}
