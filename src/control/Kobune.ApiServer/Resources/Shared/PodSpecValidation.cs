using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Shared;

/// <summary>What a PodSpec must fulfil, in a Pod and in every object with a template.</summary>
internal static class PodSpecValidation
{
    /// <param name="pod">The Pod's name when the spec is a Pod's; null for templates.</param>
    public static void Validate(PodSpec spec, FieldPath path, FieldErrorList errors, string? pod = null)
    {
        var scope = new PodSpecScope(spec, errors) { PodName = pod ?? "", IsPod = pod != null };
        if (spec.TerminationGracePeriodSeconds == null)
        {
            errors.Required(path.Child("terminationGracePeriodSeconds"));
        }

        VolumeValidation.Validate(scope, path.Child("volumes"));
        ResourceClaims(spec.ResourceClaims, path.Child("resourceClaims"), errors);
        ContainerValidation.Regular(scope, path.Child("containers"));
        ContainerValidation.Init(scope, path.Child("initContainers"));
        ContainerValidation.Ephemeral(scope, path.Child("ephemeralContainers"));
        ResourceRequirementsValidation.Pod(spec, scope.Claims, path.Child("resources"), errors);
        HostNetwork(scope, path.Child("containers"));
        OneOf(spec.RestartPolicy, path.Child("restartPolicy"), errors, "Always", "OnFailure", "Never");
        OneOf(spec.DnsPolicy, path.Child("dnsPolicy"), errors, "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None");
        errors.Labels(path.Child("nodeSelector"), spec.NodeSelector);
        SecurityContextValidation.Pod(spec, path.Child("securityContext"), errors);
        AffinityValidation.Validate(spec.Affinity, path.Child("affinity"), errors);
        DnsConfigValidation.Validate(spec, path.Child("dnsConfig"), errors);
        for (var i = 0; i < spec.ReadinessGates.Count; i++)
        {
            errors.QualifiedName(path.Child("readinessGates").Index(i).Child("conditionType"), spec.ReadinessGates[i].ConditionType);
        }

        SchedulingValidation.Gates(spec.SchedulingGates, path.Child("schedulingGates"), errors);
        SchedulingValidation.Spread(spec.TopologySpreadConstraints, path.Child("topologySpreadConstraints"), errors);
        HostUsers(spec, path, errors);
        References(spec, path, errors);
        SchedulingValidation.Tolerations(spec.Tolerations, path.Child("tolerations"), errors);
        HostAliases(spec.HostAliases, path.Child("hostAliases"), errors);
        if (spec.PreemptionPolicy is { } preemption)
        {
            OneOf(preemption, path.Child("preemptionPolicy"), errors, "PreemptLowerPriority", "Never");
        }

        if (spec.Overhead.Count > 0)
        {
            ResourceRequirementsValidation.Container(new ResourceRequirements { Limits = spec.Overhead }, [], path.Child("overhead"), errors);
        }

        OperatingSystemValidation.Validate(spec, path, errors);
    }

    private static void References(PodSpec spec, FieldPath path, FieldErrorList errors)
    {
        Subdomain(spec.ServiceAccountName, "serviceAccountName");
        Subdomain(spec.NodeName, "nodeName");
        if (spec.ActiveDeadlineSeconds is { } deadline)
        {
            errors.Each(path.Child("activeDeadlineSeconds"), deadline, Names.Range(deadline, 1, int.MaxValue));
        }

        if (spec.Hostname.Length > 0)
        {
            errors.DnsLabel(path.Child("hostname"), spec.Hostname);
        }

        if (spec.Subdomain.Length > 0)
        {
            errors.DnsLabel(path.Child("subdomain"), spec.Subdomain);
        }

        HostnameOverride(spec, path, errors);
        Subdomain(spec.PriorityClassName, "priorityClassName");
        if (spec.RuntimeClassName is { } runtime)
        {
            errors.DnsSubdomain(path.Child("runtimeClassName"), runtime);
        }

        void Subdomain(string name, string field)
        {
            if (name.Length > 0)
            {
                errors.DnsSubdomain(path.Child(field), name);
            }
        }
    }

    private static void HostnameOverride(PodSpec spec, FieldPath path, FieldErrorList errors)
    {
        if (spec.HostnameOverride is not { } name)
        {
            return;
        }

        var at = path.Child("hostnameOverride");
        errors.DnsSubdomain(at, name);
        if (name.Length > 64)
        {
            errors.TooLong(at, 64);
        }

        if (spec.SetHostnameAsFQDN == true)
        {
            errors.Forbidden(at, "setHostnameAsFQDN and hostnameOverride are mutually exclusive");
        }

        if (spec.HostNetwork)
        {
            errors.Forbidden(at, "hostnameOverride may not be set when hostNetwork is true");
        }
    }

    private static void HostNetwork(PodSpecScope scope, FieldPath path)
    {
        if (!scope.Spec.HostNetwork)
        {
            return;
        }

        for (var i = 0; i < scope.Spec.Containers.Count; i++)
        {
            var ports = scope.Spec.Containers[i].Ports;
            for (var p = 0; p < ports.Count; p++)
            {
                if (ports[p].HostPort != ports[p].Port && (scope.IsPod || ports[p].HostPort != 0))
                {
                    scope.Errors.Invalid(path.Index(i).Child("ports").Index(p).Child("hostPort"), ports[p].HostPort, "must match `containerPort` when `hostNetwork` is true");
                }
            }
        }
    }

    private static void HostUsers(PodSpec spec, FieldPath path, FieldErrorList errors)
    {
        if (spec.HostUsers != false)
        {
            return;
        }

        // The reference spells two of these with a capital.
        foreach (var (name, set) in (ReadOnlySpan<(string, bool)>)[("hostNetwork", spec.HostNetwork), ("HostPID", spec.HostPID), ("HostIPC", spec.HostIPC)])
        {
            if (set)
            {
                errors.Forbidden(path.Child(name), "when `hostUsers` is false");
            }
        }
    }

    private static void HostAliases(List<HostAlias> aliases, FieldPath path, FieldErrorList errors)
    {
        for (var i = 0; i < aliases.Count; i++)
        {
            errors.IpAddress(path.Index(i).Child("ip"), aliases[i].Ip);
            for (var h = 0; h < aliases[i].Hostnames.Count; h++)
            {
                errors.DnsSubdomain(path.Index(i).Child("hostnames").Index(h), aliases[i].Hostnames[h]);
            }
        }
    }

    private static void ResourceClaims(List<PodResourceClaim> claims, FieldPath path, FieldErrorList errors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < claims.Count; i++)
        {
            var (claim, at) = (claims[i], path.Index(i));
            if (claim.Name.Length == 0)
            {
                errors.Required(at.Child("name"));
            }
            else if (!seen.Add(claim.Name))
            {
                errors.Duplicate(at.Child("name"), claim.Name);
            }
            else
            {
                errors.DnsLabel(at.Child("name"), claim.Name);
            }

            if (claim.ResourceClaimName != null && claim.ResourceClaimTemplateName != null)
            {
                errors.Invalid(at, claim, "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified");
            }

            if (claim.ResourceClaimName == null && claim.ResourceClaimTemplateName == null)
            {
                errors.Invalid(at, claim, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`");
            }

            if (claim.ResourceClaimName is { } name)
            {
                errors.DnsSubdomain(at.Child("resourceClaimName"), name);
            }

            if (claim.ResourceClaimTemplateName is { } template)
            {
                errors.DnsSubdomain(at.Child("resourceClaimTemplateName"), template);
            }
        }
    }

    private static void OneOf(string value, FieldPath path, FieldErrorList errors, params string[] allowed)
    {
        if (value.Length == 0)
        {
            errors.Required(path);
        }
        else if (!allowed.Contains(value))
        {
            errors.NotSupported(path, value, allowed);
        }
    }
}
