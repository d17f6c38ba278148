using Kobune.Api.Core.V1;
using Kobune.Kubelet.Pods.Decision;
using V1 = Kobune.Cri.V1;

namespace Kobune.Kubelet.Runtime;

/// <summary>Pod and container security contexts, merged and put into the runtime's terms.</summary>
internal static class SecurityContexts
{
    private static readonly string[] Masked =
    [
        "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
        "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
    ];

    private static readonly string[] ReadOnly = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    public static V1.LinuxSandboxSecurityContext Sandbox(PodView pod, string seccompRoot)
    {
        var spec = pod.Pod.Spec;
        var result = new V1.LinuxSandboxSecurityContext
        {
            NamespaceOptions = Namespaces(pod.Pod),
            Privileged = pod.All.Any(c => c.Container.SecurityContext?.Privileged == true),
            Seccomp = Seccomp(spec.SecurityContext?.SeccompProfile, seccompRoot) ?? new V1.SecurityProfile { ProfileType = V1.SecurityProfile.Types.ProfileType.RuntimeDefault },
        };
        if (spec.SecurityContext is { } security)
        {
            result.RunAsUser = Value(security.RunAsUser);
            // A group without a user is refused by the runtime.
            result.RunAsGroup = security.RunAsUser is null ? null : Value(security.RunAsGroup);
            result.SupplementalGroups.Add(Groups(security));
            result.SupplementalGroupsPolicy = Policy(security);
            result.SelinuxOptions = SELinux(security.SeLinuxOptions);
        }

        return result;
    }

    public static V1.LinuxContainerSecurityContext Container(PodView pod, ContainerSpec container, string? targetId, string seccompRoot)
    {
        var own = container.Container.SecurityContext;
        var shared = pod.Pod.Spec.SecurityContext;
        var privileged = own?.Privileged == true;
        var result = new V1.LinuxContainerSecurityContext
        {
            NamespaceOptions = Namespaces(pod.Pod),
            Privileged = privileged,
            RunAsUser = Value(own?.RunAsUser ?? shared?.RunAsUser),
            RunAsGroup = Value(own?.RunAsGroup ?? shared?.RunAsGroup),
            ReadonlyRootfs = own?.ReadOnlyRootFilesystem == true,
            NoNewPrivs = own?.AllowPrivilegeEscalation == false,
            SelinuxOptions = SELinux(own?.SeLinuxOptions ?? shared?.SeLinuxOptions),
            Seccomp = privileged
                ? new V1.SecurityProfile { ProfileType = V1.SecurityProfile.Types.ProfileType.Unconfined }
                : Seccomp(own?.SeccompProfile ?? shared?.SeccompProfile, seccompRoot) ?? new V1.SecurityProfile { ProfileType = V1.SecurityProfile.Types.ProfileType.Unconfined },
            Apparmor = AppArmor(own?.AppArmorProfile ?? shared?.AppArmorProfile),
        };
        if (own?.Capabilities is { } capabilities)
        {
            result.Capabilities = new V1.Capability();
            result.Capabilities.AddCapabilities.Add(capabilities.Add);
            result.Capabilities.DropCapabilities.Add(capabilities.Drop);
        }

        if (shared is not null)
        {
            result.SupplementalGroups.Add(Groups(shared));
            result.SupplementalGroupsPolicy = Policy(shared);
        }

        if (!privileged && own?.ProcMount != "Unmasked")
        {
            result.MaskedPaths.Add(Masked);
            result.ReadonlyPaths.Add(ReadOnly);
        }

        if (targetId is not null)
        {
            result.NamespaceOptions.Pid = V1.NamespaceMode.Target;
            result.NamespaceOptions.TargetId = targetId;
        }

        return result;
    }

    /// <summary>Upstream's check of runAsNonRoot; null when the container may run.</summary>
    public static string? NonRootViolation(PodView pod, ContainerSpec container, long? imageUser, string imageUserName)
    {
        var own = container.Container.SecurityContext;
        var shared = pod.Pod.Spec.SecurityContext;
        if ((own?.RunAsNonRoot ?? shared?.RunAsNonRoot) != true)
        {
            return null;
        }

        var where = $"(pod: \"{pod.FullName}\", container: {container.Name})";
        if ((own?.RunAsUser ?? shared?.RunAsUser) is { } user)
        {
            return user == 0 ? $"container's runAsUser breaks non-root policy {where}" : null;
        }

        return imageUser switch
        {
            0 => $"container has runAsNonRoot and image will run as root {where}",
            null when imageUserName.Length > 0 => $"container has runAsNonRoot and image has non-numeric user ({imageUserName}), cannot verify user is non-root {where}",
            null => $"container has runAsNonRoot and image will run as root {where}",
            _ => null,
        };
    }

    private static V1.NamespaceOption Namespaces(Pod pod) => new()
    {
        Network = pod.Spec.HostNetwork ? V1.NamespaceMode.Node : V1.NamespaceMode.Pod,
        Ipc = pod.Spec.HostIPC ? V1.NamespaceMode.Node : V1.NamespaceMode.Pod,
        Pid = pod.Spec.HostPID ? V1.NamespaceMode.Node : pod.Spec.ShareProcessNamespace == true ? V1.NamespaceMode.Pod : V1.NamespaceMode.Container,
    };

    private static IEnumerable<long> Groups(PodSecurityContext security) =>
        security.FsGroup is { } fsGroup ? security.SupplementalGroups.Prepend(fsGroup).Distinct() : security.SupplementalGroups;

    private static V1.SupplementalGroupsPolicy Policy(PodSecurityContext security) =>
        security.SupplementalGroupsPolicy == "Strict" ? V1.SupplementalGroupsPolicy.Strict : V1.SupplementalGroupsPolicy.Merge;

    private static V1.Int64Value? Value(long? value) => value is { } v ? new V1.Int64Value { Value = v } : null;

    private static V1.SELinuxOption? SELinux(SELinuxOptions? from) =>
        from is null ? null : new V1.SELinuxOption { User = from.User, Role = from.Role, Type = from.Type, Level = from.Level };

    private static V1.SecurityProfile? Seccomp(SeccompProfile? from, string root) => from?.Type switch
    {
        "RuntimeDefault" => new V1.SecurityProfile { ProfileType = V1.SecurityProfile.Types.ProfileType.RuntimeDefault },
        "Localhost" => new V1.SecurityProfile { ProfileType = V1.SecurityProfile.Types.ProfileType.Localhost, LocalhostRef = Path.Combine(root, from.LocalhostProfile ?? "") },
        "Unconfined" => new V1.SecurityProfile { ProfileType = V1.SecurityProfile.Types.ProfileType.Unconfined },
        _ => null,
    };

    private static V1.SecurityProfile? AppArmor(AppArmorProfile? from) => from?.Type switch
    {
        "RuntimeDefault" => new V1.SecurityProfile { ProfileType = V1.SecurityProfile.Types.ProfileType.RuntimeDefault },
        "Localhost" => new V1.SecurityProfile { ProfileType = V1.SecurityProfile.Types.ProfileType.Localhost, LocalhostRef = from.LocalhostProfile ?? "" },
        "Unconfined" => new V1.SecurityProfile { ProfileType = V1.SecurityProfile.Types.ProfileType.Unconfined },
        _ => null,
    };
}
