using Kobune.Api.Core.V1;
using Kobune.Kubelet.Pods.Decision;
using Kobune.Kubelet.Resources;

namespace Kobune.Kubelet.Admission;

/// <summary>Why the node will not run a Pod, in upstream's words; the Pod fails for good.</summary>
internal sealed record Rejection(string Reason, string Message);

/// <summary>
/// The node's last word on a Pod that was bound to it: schedulers may be wrong, and whoever sets spec.nodeName passes them by.
/// The checks stand in upstream's order: pressure, sysctls, amounts, affinity, host ports, operating system, AppArmor.
/// </summary>
internal sealed class PodAdmission(NodeLedger ledger, NodePressure pressure, Func<Node?> node, KubeletOptions options)
{
    private static readonly HashSet<string> SafeSysctls = new(StringComparer.Ordinal)
    {
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range",
        "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
    };

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (string Protocol, string Ip, int Port)[]> _ports = new(StringComparer.Ordinal);

    /// <summary>Enters the Pod with the node, or says why not.</summary>
    /// <param name="pod">The Pod.</param>
    /// <param name="running">It was let in before, by an earlier kubelet.</param>
    public Rejection? Admit(PodView pod, bool running)
    {
        lock (_lock)
        {
            var rejection = running ? null : Pressure(pod.Pod) ?? Sysctls(pod.Pod);
            if (rejection is null && ledger.Take(pod.Uid, PodAmounts.Requests(pod.Pod), running) is { } shortage)
            {
                rejection = new Rejection("OutOf" + shortage.Resource,
                    $"Node didn't have enough resource: {shortage.Resource}, requested: {shortage.Requested}, used: {shortage.Used}, capacity: {shortage.Capacity}");
            }

            if (rejection is null && !running && Place(pod) is { } misplaced)
            {
                ledger.Release(pod.Uid);
                rejection = misplaced;
            }

            if (rejection is null)
            {
                _ports[pod.Uid] = [.. HostPorts(pod)];
            }

            return rejection;
        }
    }

    /// <summary>The Pod's containers have ended for good.</summary>
    public void Release(string uid)
    {
        lock (_lock)
        {
            _ports.Remove(uid);
        }

        ledger.Release(uid);
    }

    private Rejection? Pressure(Pod pod)
    {
        if (!pressure.Conditions().Any() || pod.Spec.Priority >= 2_000_000_000 || pod.Metadata.Annotations.ContainsKey("kubernetes.io/config.mirror"))
        {
            return null;
        }

        var onlyMemory = pressure is { Memory: true, Disk: false, Pids: false };
        var tolerates = pod.Spec.Tolerations.Any(t => t.Tolerates(new Taint { Key = "node.kubernetes.io/memory-pressure", Effect = "NoSchedule" }));
        return onlyMemory && (QosClass.Of(pod) != QosClass.BestEffort || tolerates)
            ? null
            : new Rejection("Evicted", $"The node had condition: [{string.Join(' ', pressure.Conditions())}]. ");
    }

    private Rejection? Sysctls(Pod pod)
    {
        var unsafeOne = (pod.Spec.SecurityContext?.Sysctls ?? []).Select(s => s.Name.Replace('/', '.'))
            .FirstOrDefault(s => !SafeSysctls.Contains(s) && !options.AllowedUnsafeSysctls.Any(a => Covers(a, s)));
        return unsafeOne is null ? null : new Rejection("SysctlForbidden", $"forbidden sysctl: \"{unsafeOne}\" not allowlisted");
    }

    private static bool Covers(string allowed, string sysctl) =>
        allowed.EndsWith('*') ? sysctl.StartsWith(allowed[..^1], StringComparison.Ordinal) : allowed == sysctl;

    private Rejection? Place(PodView pod)
    {
        if (node() is { } here && !NodeSelectors.Match(pod.Pod, here))
        {
            return new Rejection("NodeAffinity", "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector");
        }

        if (HostPorts(pod).Any(mine => _ports.Values.Any(held => held.Any(other => Collide(mine, other)))))
        {
            return new Rejection("NodePorts", "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports");
        }

        if (pod.Pod.Spec.Os?.Name is { Length: > 0 } os && os != "linux")
        {
            return new Rejection("PodOSNotSupported", "Failed to admit pod as the OS field doesn't match node OS");
        }

        var confined = pod.Pod.Spec.SecurityContext?.AppArmorProfile?.Type == "Localhost"
            || pod.All.Any(c => c.Container.SecurityContext?.AppArmorProfile?.Type == "Localhost");
        return confined && !File.Exists("/sys/module/apparmor/parameters/enabled")
            ? new Rejection("AppArmor", "Cannot enforce AppArmor: AppArmor is not enabled on the host")
            : null;
    }

    private static IEnumerable<(string Protocol, string Ip, int Port)> HostPorts(PodView pod) =>
        pod.Apps.Concat(pod.Init.Where(i => i.Kind == ContainerKind.Sidecar)).SelectMany(c => c.Container.Ports)
            .Where(p => p.HostPort > 0).Select(p => (p.Protocol.Length > 0 ? p.Protocol : "TCP", p.HostIP is "0.0.0.0" or "::" ? "" : p.HostIP, p.HostPort));

    private static bool Collide((string Protocol, string Ip, int Port) a, (string Protocol, string Ip, int Port) b) =>
        a.Port == b.Port && a.Protocol == b.Protocol && (a.Ip.Length == 0 || b.Ip.Length == 0 || a.Ip == b.Ip);
}
