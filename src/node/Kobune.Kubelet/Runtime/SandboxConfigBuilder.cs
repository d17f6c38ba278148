using Kobune.Api.Core.V1;
using Kobune.Kubelet.Pods.Decision;
using Kobune.Kubelet.Resources;
using V1 = Kobune.Cri.V1;

namespace Kobune.Kubelet.Runtime;

/// <summary>What the runtime is told about a Pod's sandbox.</summary>
internal sealed class SandboxConfigBuilder(KubeletOptions options, KubeletPaths paths, DnsConfigBuilder dns)
{
    public V1.PodSandboxConfig Build(PodView pod, uint attempt)
    {
        var spec = pod.Pod.Spec;
        var config = new V1.PodSandboxConfig
        {
            Metadata = new V1.PodSandboxMetadata { Name = pod.Name, Namespace = pod.Namespace, Uid = pod.Uid, Attempt = attempt },
            LogDirectory = paths.PodLogs(pod.Namespace, pod.Name, pod.Uid),
            DnsConfig = dns.Build(pod),
            Linux = new V1.LinuxPodSandboxConfig
            {
                CgroupParent = PodCgroupNames.Parent(options.CgroupRoot, pod.Pod),
                SecurityContext = SecurityContexts.Sandbox(pod, paths.Seccomp),
            },
        };
        // With the node's network the host's own name is kept.
        config.Hostname = spec.HostNetwork && spec.HostnameOverride is null ? "" : HostNames.Of(pod.Pod, options.ClusterDomain);
        foreach (var (key, value) in pod.Pod.Metadata.Labels)
        {
            config.Labels[key] = value;
        }

        RuntimeLabels.AddPod(config.Labels, pod);
        foreach (var (key, value) in pod.Pod.Metadata.Annotations)
        {
            config.Annotations[key] = value;
        }

        config.Annotations[RuntimeLabels.Grace] = (spec.TerminationGracePeriodSeconds ?? 30).ToString(null, null);
        foreach (var sysctl in spec.SecurityContext?.Sysctls ?? [])
        {
            config.Linux.Sysctls[sysctl.Name.Replace('/', '.')] = sysctl.Value;
        }

        AddPorts(pod, config);
        return config;
    }

    private static void AddPorts(PodView pod, V1.PodSandboxConfig config)
    {
        // A sidecar's ports count as an app container's do. Without a host port there is nothing to map.
        foreach (var container in pod.Apps.Concat(pod.Init.Where(i => i.Kind == ContainerKind.Sidecar)))
        {
            foreach (var port in container.Container.Ports.Where(p => p.HostPort > 0 && !pod.Pod.Spec.HostNetwork))
            {
                config.PortMappings.Add(new V1.PortMapping
                {
                    ContainerPort = port.Port,
                    HostPort = port.HostPort,
                    HostIp = port.HostIP,
                    Protocol = port.Protocol switch { "UDP" => V1.Protocol.Udp, "SCTP" => V1.Protocol.Sctp, _ => V1.Protocol.Tcp },
                });
            }
        }
    }
}

/// <summary>The host name and the fully qualified name of a Pod.</summary>
internal static class HostNames
{
    public static string Of(Pod pod, string clusterDomain)
    {
        if (pod.Spec.HostnameOverride is { Length: > 0 } given)
        {
            return given;
        }

        var name = Short(pod);
        return pod.Spec.SetHostnameAsFQDN == true && Domain(pod, clusterDomain) is { } domain ? $"{name}.{domain}" : name;
    }

    public static string Short(Pod pod)
    {
        var name = pod.Spec.Hostname.Length > 0 ? pod.Spec.Hostname : pod.Metadata.Name;
        // A Linux host name has at most 63 characters, and must not end in a dash or dot after the cut.
        return name.Length <= 63 ? name : name[..63].TrimEnd('-', '.');
    }

    public static string? Domain(Pod pod, string clusterDomain) =>
        pod.Spec.Subdomain.Length == 0 ? null : $"{pod.Spec.Subdomain}.{pod.Metadata.Namespace}.svc.{clusterDomain}";
}
