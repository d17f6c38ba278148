using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Quotas;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Shared;

/// <summary>Lists of containers of the three sorts, and what all containers must fulfil.</summary>
internal static class ContainerValidation
{
    private const string OnlySidecars = "may not be set for init containers without restartPolicy=Always";
    private const string NotEphemeral = "cannot be set for an Ephemeral Container";

    public static void Regular(PodSpecScope scope, FieldPath path)
    {
        var (spec, errors) = (scope.Spec, scope.Errors);
        if (spec.Containers.Count == 0)
        {
            errors.Required(path);
            return;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < spec.Containers.Count; i++)
        {
            var (container, at) = (spec.Containers[i], path.Index(i));
            Common(container, scope, at);
            if (!names.Add(container.Name))
            {
                errors.Duplicate(at.Child("name"), container.Name);
            }

            ProbeValidation.All(container, spec.TerminationGracePeriodSeconds, at, errors);
            RestartPolicy(container, at, errors, "Always", "Never", "OnFailure");
        }

        HostPorts(spec.Containers, path, errors);
    }

    public static void Init(PodSpecScope scope, FieldPath path)
    {
        var (spec, errors) = (scope.Spec, scope.Errors);
        var names = spec.Containers.Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < spec.InitContainers.Count; i++)
        {
            var (container, at) = (spec.InitContainers[i], path.Index(i));
            Common(container, scope, at);
            RestartPolicy(container, at, errors, "Always", "Never", "OnFailure");
            if (container.Name.Length > 0 && !names.Add(container.Name))
            {
                errors.Duplicate(at.Child("name"), container.Name);
            }

            HostPorts([container], path, errors);
            if (PodResources.IsSidecar(container))
            {
                ProbeValidation.All(container, spec.TerminationGracePeriodSeconds, at, errors);
                continue;
            }

            Forbid(container.Lifecycle != null, at.Child("lifecycle"), OnlySidecars, errors);
            Forbid(container.LivenessProbe != null, at.Child("livenessProbe"), OnlySidecars, errors);
            Forbid(container.ReadinessProbe != null, at.Child("readinessProbe"), OnlySidecars, errors);
            Forbid(container.StartupProbe != null, at.Child("startupProbe"), OnlySidecars, errors);
        }
    }

    public static void Ephemeral(PodSpecScope scope, FieldPath path)
    {
        var (spec, errors) = (scope.Spec, scope.Errors);
        var others = spec.Containers.Concat(spec.InitContainers).Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        var names = new HashSet<string>(others, StringComparer.Ordinal);
        for (var i = 0; i < spec.EphemeralContainers.Count; i++)
        {
            var (container, at) = (spec.EphemeralContainers[i], path.Index(i));
            Common(container, scope, at);
            Padding(container, at, errors);
            if (!names.Add(container.Name))
            {
                errors.Duplicate(at.Child("name"), container.Name);
            }

            if (container.TargetContainerName.Length > 0 && !others.Contains(container.TargetContainerName))
            {
                errors.NotFound(at.Child("targetContainerName"), container.TargetContainerName);
            }

            OnlyEphemeral(container, at, errors);
        }
    }

    /// <summary>Spaces around an image's name: refused in Pods, tolerated in templates.</summary>
    public static void Padding(IContainer container, FieldPath path, FieldErrorList errors)
    {
        if (container.Image.Trim().Length != container.Image.Length)
        {
            errors.Invalid(path.Child("image"), container.Image, "must not have leading or trailing whitespace");
        }
    }

    public static void PullPolicy(string policy, FieldPath path, FieldErrorList errors)
    {
        if (policy.Length == 0)
        {
            errors.Required(path);
        }
        else if (policy is not ("Always" or "IfNotPresent" or "Never"))
        {
            errors.NotSupported(path, policy, "Always", "IfNotPresent", "Never");
        }
    }

    private static void OnlyEphemeral(EphemeralContainer container, FieldPath at, FieldErrorList errors)
    {
        var resources = container.Resources;
        Forbid(container.Ports.Count > 0, at.Child("ports"), NotEphemeral, errors);
        Forbid(resources.Limits.Count + resources.Requests.Count + resources.Claims.Count > 0, at.Child("resources"), NotEphemeral, errors);
        Forbid(container.ResizePolicy.Count > 0, at.Child("resizePolicy"), NotEphemeral, errors);
        Forbid(container.RestartPolicy != null, at.Child("restartPolicy"), NotEphemeral, errors);
        Forbid(container.RestartPolicyRules.Count > 0, at.Child("restartPolicyRules"), NotEphemeral, errors);
        Forbid(container.LivenessProbe != null, at.Child("livenessProbe"), NotEphemeral, errors);
        Forbid(container.ReadinessProbe != null, at.Child("readinessProbe"), NotEphemeral, errors);
        Forbid(container.StartupProbe != null, at.Child("startupProbe"), NotEphemeral, errors);
        Forbid(container.Lifecycle != null, at.Child("lifecycle"), NotEphemeral, errors);
        for (var i = 0; i < container.VolumeMounts.Count; i++)
        {
            var mount = at.Child("volumeMounts").Index(i);
            Forbid(container.VolumeMounts[i].SubPath.Length > 0, mount.Child("subPath"), NotEphemeral, errors);
            Forbid(container.VolumeMounts[i].SubPathExpr.Length > 0, mount.Child("subPathExpr"), NotEphemeral, errors);
        }
    }

    private static void Common(IContainer container, PodSpecScope scope, FieldPath path)
    {
        var errors = scope.Errors;
        if (container.Name.Length == 0)
        {
            errors.Required(path.Child("name"));
        }
        else
        {
            errors.DnsLabel(path.Child("name"), container.Name);
        }

        if (container.Image.Length == 0)
        {
            errors.Required(path.Child("image"));
        }

        if (container.TerminationMessagePolicy.Length == 0)
        {
            errors.Required(path.Child("terminationMessagePolicy"));
        }
        else if (container.TerminationMessagePolicy is not ("File" or "FallbackToLogsOnError"))
        {
            errors.NotSupported(path.Child("terminationMessagePolicy"), container.TerminationMessagePolicy, "File", "FallbackToLogsOnError");
        }

        Ports(container.Ports, path.Child("ports"), errors);
        EnvValidation.Validate(container, path, errors);
        MountValidation.Validate(container, scope.Volumes, path, errors);
        PullPolicy(container.ImagePullPolicy, path.Child("imagePullPolicy"), errors);
        ResourceRequirementsValidation.Container(container.Resources, scope.Claims, path.Child("resources"), errors);
        ResizePolicy(container.ResizePolicy, scope.Spec, path.Child("resizePolicy"), errors);
        SecurityContextValidation.Container(container.SecurityContext, scope.Spec.HostUsers ?? true, path.Child("securityContext"), errors);
    }

    private static void RestartPolicy(Container container, FieldPath path, FieldErrorList errors, params string[] allowed)
    {
        if (container.RestartPolicy is { } policy && !allowed.Contains(policy))
        {
            errors.NotSupported(path.Child("restartPolicy"), policy, allowed);
        }

        if (container.RestartPolicyRules.Count > 0 && container.RestartPolicy == null)
        {
            errors.Required(path.Child("restartPolicy"), "must specify restartPolicy when restart rules are used");
        }
    }

    private static void Ports(List<ContainerPort> ports, FieldPath path, FieldErrorList errors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < ports.Count; i++)
        {
            var (port, at) = (ports[i], path.Index(i));
            if (port.Name.Length > 0)
            {
                var problems = Names.PortName(port.Name);
                errors.Each(at.Child("name"), port.Name, problems);
                if (problems.Count == 0 && !names.Add(port.Name))
                {
                    errors.Duplicate(at.Child("name"), port.Name);
                }
            }

            if (port.Port == 0)
            {
                errors.Required(at.Child("containerPort"));
            }
            else
            {
                errors.PortNumber(at.Child("containerPort"), port.Port);
            }

            if (port.HostPort != 0)
            {
                errors.PortNumber(at.Child("hostPort"), port.HostPort);
            }

            Protocol(port.Protocol, at.Child("protocol"), errors);
        }
    }

    public static void Protocol(string protocol, FieldPath path, FieldErrorList errors)
    {
        if (protocol.Length == 0)
        {
            errors.Required(path);
        }
        else if (protocol is not ("TCP" or "UDP" or "SCTP"))
        {
            errors.NotSupported(path, protocol, "SCTP", "TCP", "UDP");
        }
    }

    private static void HostPorts(List<Container> containers, FieldPath path, FieldErrorList errors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < containers.Count; i++)
        {
            for (var p = 0; p < containers[i].Ports.Count; p++)
            {
                var port = containers[i].Ports[p];
                var key = FormattableString.Invariant($"{port.Protocol}/{port.HostIP}/{port.HostPort}");
                if (port.HostPort != 0 && !seen.Add(key))
                {
                    errors.Duplicate(path.Index(i).Child("ports").Index(p).Child("hostPort"), key);
                }
            }
        }
    }

    private static void ResizePolicy(List<ContainerResizePolicy> policies, PodSpec spec, FieldPath path, FieldErrorList errors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < policies.Count; i++)
        {
            var policy = policies[i];
            if (!seen.Add(policy.ResourceName))
            {
                errors.Duplicate(path.Index(i), policy.ResourceName);
            }

            OneOf(policy.ResourceName, path, errors, "cpu", "memory");
            OneOf(policy.RestartPolicy, path, errors, "NotRequired", "RestartContainer");
            if (spec.RestartPolicy == "Never" && policy.RestartPolicy != "NotRequired")
            {
                errors.Invalid(path, policy.RestartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'");
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

    private static void Forbid(bool set, FieldPath path, string why, FieldErrorList errors)
    {
        if (set)
        {
            errors.Forbidden(path, why);
        }
    }
}
