using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Resources.Shared;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Core.Services;

/// <summary>What a Service must fulfil, new or changed.</summary>
internal static class ServiceValidation
{
    private const string RangesAnnotation = "service.beta.kubernetes.io/load-balancer-source-ranges";
    private const string OnlyBalancers = "may only be used when `type` is 'LoadBalancer'";
    private static readonly FieldPath Spec = FieldPath.New("spec");

    public static void Validate(Service service, FieldErrorList errors)
    {
        var spec = service.Spec;
        if (spec.Ports.Count == 0 && !service.IsHeadless() && spec.Type != "ExternalName")
        {
            errors.Required(Spec.Child("ports"));
        }

        ByType(service, errors);
        ServicePortValidation.Validate(service, Spec.Child("ports"), errors);
        errors.Labels(Spec.Child("selector"), spec.Selector);
        Affinity(spec, errors);
        ClusterIPValidation.Validate(service, errors);
        for (var i = 0; i < spec.ExternalIPs.Count; i++)
        {
            var path = Spec.Child("externalIPs").Index(i);
            if (errors.IpAddress(path, spec.ExternalIPs[i]))
            {
                errors.NonSpecialIp(path, spec.ExternalIPs[i]);
            }
        }

        if (spec.Type is not ("ClusterIP" or "ExternalName" or "LoadBalancer" or "NodePort"))
        {
            errors.NotSupported(Spec.Child("type"), spec.Type, "ClusterIP", "ExternalName", "LoadBalancer", "NodePort");
        }

        ServicePortValidation.Unique(service, Spec.Child("ports"), errors);
        Balancer(service, errors);
        TrafficPolicies(service, errors);
    }

    private static void ByType(Service service, FieldErrorList errors)
    {
        var spec = service.Spec;
        if (spec.Type is "LoadBalancer" or "NodePort" && service.IsHeadless())
        {
            errors.Invalid(Spec.Child("clusterIPs").Index(0), "None", $"may not be set to 'None' for {spec.Type} services");
        }

        if (spec.Type != "ExternalName")
        {
            return;
        }

        const string not = "may not be set for ExternalName services";
        if (spec.ClusterIPs.Count > 0)
        {
            errors.Forbidden(Spec.Child("clusterIPs"), not);
        }

        if (spec.IpFamilies.Count > 0)
        {
            errors.Forbidden(Spec.Child("ipFamilies"), not);
        }

        if (spec.IpFamilyPolicy != null)
        {
            errors.Forbidden(Spec.Child("ipFamilyPolicy"), not);
        }

        var name = spec.ExternalName.EndsWith('.') ? spec.ExternalName[..^1] : spec.ExternalName;
        if (name.Length == 0)
        {
            errors.Required(Spec.Child("externalName"));
        }
        else
        {
            errors.DnsSubdomain(Spec.Child("externalName"), name);
        }
    }

    private static void Affinity(ServiceSpec spec, FieldErrorList errors)
    {
        var path = Spec.Child("sessionAffinityConfig", "clientIP", "timeoutSeconds");
        switch (spec.SessionAffinity)
        {
            case "":
                errors.Required(Spec.Child("sessionAffinity"));
                break;
            case "None":
                if (spec.SessionAffinityConfig != null)
                {
                    errors.Forbidden(Spec.Child("sessionAffinityConfig"), "must not be set when session affinity is None");
                }

                break;
            case "ClientIP":
                if (spec.SessionAffinityConfig?.ClientIP?.TimeoutSeconds is not { } seconds)
                {
                    errors.Required(path, "when session affinity type is ClientIP");
                }
                else if (seconds is <= 0 or > 86400)
                {
                    errors.Invalid(path, seconds, "must be greater than 0 and less than 86400");
                }

                break;
            default:
                errors.NotSupported(Spec.Child("sessionAffinity"), spec.SessionAffinity, "ClientIP", "None");
                break;
        }
    }

    private static void Balancer(Service service, FieldErrorList errors)
    {
        var spec = service.Spec;
        var balancer = spec.Type == "LoadBalancer";
        if (spec.LoadBalancerSourceRanges.Count > 0)
        {
            Ranges(spec.LoadBalancerSourceRanges, Spec.Child("LoadBalancerSourceRanges"), indexed: true);
        }
        else if (service.Metadata.Annotations.TryGetValue(RangesAnnotation, out var annotation))
        {
            Ranges(annotation.Trim().Length == 0 ? [] : [.. annotation.Split(',')], FieldPath.New("metadata", "annotations").Key(RangesAnnotation), indexed: false);
        }

        if (spec.AllocateLoadBalancerNodePorts != null && !balancer)
        {
            errors.Forbidden(Spec.Child("allocateLoadBalancerNodePorts"), OnlyBalancers);
        }

        if (spec.LoadBalancerClass is { } name)
        {
            if (balancer)
            {
                errors.QualifiedName(Spec.Child("loadBalancerClass"), name);
            }
            else
            {
                errors.Forbidden(Spec.Child("loadBalancerClass"), OnlyBalancers);
            }
        }

        void Ranges(List<string> ranges, FieldPath path, bool indexed)
        {
            if (!balancer)
            {
                errors.Forbidden(path, OnlyBalancers);
            }

            for (var i = 0; i < ranges.Count; i++)
            {
                errors.Cidr(indexed ? path.Index(i) : path, ranges[i].Trim());
            }
        }
    }

    private static void TrafficPolicies(Service service, FieldErrorList errors)
    {
        var spec = service.Spec;
        var external = Spec.Child("externalTrafficPolicy");
        if (!service.IsExternallyAccessible())
        {
            if (spec.ExternalTrafficPolicy.Length > 0)
            {
                errors.Invalid(external, spec.ExternalTrafficPolicy, "may only be set for externally-accessible services");
            }
        }
        else if (spec.ExternalTrafficPolicy.Length == 0)
        {
            errors.Required(external);
        }
        else if (spec.ExternalTrafficPolicy is not ("Cluster" or "Local"))
        {
            errors.NotSupported(external, spec.ExternalTrafficPolicy, "Cluster", "Local");
        }

        if (service.NeedsHealthCheck())
        {
            errors.PortNumber(Spec.Child("healthCheckNodePort"), spec.HealthCheckNodePort);
        }
        else if (spec.HealthCheckNodePort != 0)
        {
            errors.Invalid(Spec.Child("healthCheckNodePort"), spec.HealthCheckNodePort, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'");
        }

        if (spec.InternalTrafficPolicy is not (null or "Cluster" or "Local"))
        {
            errors.NotSupported(Spec.Child("internalTrafficPolicy"), spec.InternalTrafficPolicy, "Cluster", "Local");
        }
        else if (spec.InternalTrafficPolicy == null && service.NeedsClusterIP())
        {
            errors.Required(Spec.Child("internalTrafficPolicy"));
        }

        if (spec.TrafficDistribution is not (null or "PreferClose" or "PreferSameNode" or "PreferSameZone"))
        {
            errors.NotSupported(Spec.Child("trafficDistribution"), spec.TrafficDistribution, "PreferClose", "PreferSameNode", "PreferSameZone");
        }
    }
}
