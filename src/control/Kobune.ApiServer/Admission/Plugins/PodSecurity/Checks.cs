using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;

namespace Kobune.ApiServer.Admission.Plugins.PodSecurity;

/// <summary>The checks of the baseline level that the restricted level does not replace, and host paths.</summary>
internal static class Checks
{
    public const string AppArmorAnnotation = "container.apparmor.security.beta.kubernetes.io/";

    private static readonly (string Name, int Since)[] SafeSysctls =
    [
        ("kernel.shm_rmid_forced", 0), ("net.ipv4.ip_local_port_range", 0), ("net.ipv4.tcp_syncookies", 0), ("net.ipv4.ping_group_range", 0),
        ("net.ipv4.ip_unprivileged_port_start", 0), ("net.ipv4.ip_local_reserved_ports", 27), ("net.ipv4.tcp_keepalive_time", 29), ("net.ipv4.tcp_fin_timeout", 29),
        ("net.ipv4.tcp_keepalive_intvl", 29), ("net.ipv4.tcp_keepalive_probes", 29), ("net.ipv4.tcp_rmem", 32), ("net.ipv4.tcp_wmem", 32),
    ];

    public static Violation? HostNamespaces(ObjectMeta meta, PodSpec spec, int minor)
    {
        string[] set = [.. new[] { (spec.HostNetwork, "hostNetwork=true"), (spec.HostPID, "hostPID=true"), (spec.HostIPC, "hostIPC=true") }.Where(p => p.Item1).Select(p => p.Item2)];
        return set.Length == 0 ? null : new Violation("host namespaces", string.Join(", ", set));
    }

    public static Violation? HostPaths(ObjectMeta meta, PodSpec spec, int minor)
    {
        List<string> volumes = [.. spec.Volumes.Where(v => v.HostPath is not null).Select(v => v.Name)];
        return volumes.Count == 0 ? null : new Violation("hostPath volumes", $"{Words.Plural("volume", "volumes", volumes.Count)} {Words.Quoted(volumes)}");
    }

    public static Violation? HostPorts(ObjectMeta meta, PodSpec spec, int minor)
    {
        var bad = Words.Where(spec, c => c.Ports.Exists(p => p.HostPort != 0));
        List<int> ports = [.. Words.Containers(spec).SelectMany(c => c.Ports).Select(p => p.HostPort).Where(p => p != 0).Distinct().Order()];
        return bad.Count == 0 ? null : new Violation("hostPort",
            $"{Words.Named(bad)} {Words.Plural("uses", "use", bad.Count)} {Words.Plural("hostPort", "hostPorts", ports.Count)} {string.Join(", ", ports)}");
    }

    public static Violation? HostProbes(ObjectMeta meta, PodSpec spec, int minor)
    {
        if (minor < 34)
        {
            return null;
        }

        var bad = Words.Where(spec, c => Hosts(c).Any());
        List<string> hosts = [.. Words.Containers(spec).SelectMany(Hosts).Distinct().Order(StringComparer.Ordinal)];
        return bad.Count == 0 ? null : new Violation("probe or lifecycle host",
            $"{Words.Named(bad)} {Words.Plural("uses", "use", bad.Count)} probe or lifecycle {Words.Plural("host", "hosts", hosts.Count)} {Words.Quoted(hosts)}");
    }

    public static Violation? Privileged(ObjectMeta meta, PodSpec spec, int minor) =>
        Words.Where(spec, c => c.SecurityContext?.Privileged == true) is { Count: > 0 } bad ? new Violation("privileged", $"{Words.Named(bad)} must not set securityContext.privileged=true") : null;

    public static Violation? ProcMount(ObjectMeta meta, PodSpec spec, int minor)
    {
        static bool IsBad(string? mount) => mount is not (null or "Default");
        // With a user namespace of its own, what /proc shows is harmless.
        if (spec.HostUsers == false && minor >= 35)
        {
            return null;
        }

        var bad = Words.Where(spec, c => IsBad(c.SecurityContext?.ProcMount));
        return bad.Count == 0 ? null : new Violation("procMount",
            $"{Words.Named(bad)} must not set securityContext.procMount to {Words.Quoted(Words.Containers(spec).Select(c => c.SecurityContext?.ProcMount).Where(IsBad).OfType<string>().Distinct().Order(StringComparer.Ordinal))}");
    }

    public static Violation? Sysctls(ObjectMeta meta, PodSpec spec, int minor)
    {
        List<string> bad = [.. (spec.SecurityContext?.Sysctls ?? []).Select(s => s.Name).Where(n => !SafeSysctls.Any(s => s.Name == n && s.Since <= minor))];
        return bad.Count == 0 ? null : new Violation("forbidden sysctls", string.Join(", ", bad));
    }

    public static Violation? HostProcess(ObjectMeta meta, PodSpec spec, int minor)
    {
        var bad = Words.Where(spec, c => c.SecurityContext?.WindowsOptions?.HostProcess == true);
        return Words.Setters(spec.SecurityContext?.WindowsOptions?.HostProcess == true, bad) is { } who
            ? new Violation("hostProcess", who + " must not set securityContext.windowsOptions.hostProcess=true") : null;
    }

    public static Violation? SeLinux(ObjectMeta meta, PodSpec spec, int minor)
    {
        string[] allowed = minor >= 31 ? ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"] : ["", "container_t", "container_init_t", "container_kvm_t"];
        bool IsBad(SELinuxOptions? o) => o is not null && (!allowed.Contains(o.Type) || o.User.Length > 0 || o.Role.Length > 0);
        var bad = Words.Where(spec, c => IsBad(c.SecurityContext?.SeLinuxOptions));
        if (Words.Setters(IsBad(spec.SecurityContext?.SeLinuxOptions), bad) is not { } who)
        {
            return null;
        }

        List<SELinuxOptions> all = [.. Words.Containers(spec).Select(c => c.SecurityContext?.SeLinuxOptions).Append(spec.SecurityContext?.SeLinuxOptions).OfType<SELinuxOptions>()];
        var types = all.Select(o => o.Type).Where(t => !allowed.Contains(t)).Distinct().Order(StringComparer.Ordinal).ToList();
        var parts = new List<string>();
        if (types.Count > 0)
        {
            parts.Add($"{Words.Plural("type", "types", types.Count)} {Words.Quoted(types)}");
        }

        if (all.Exists(o => o.User.Length > 0))
        {
            parts.Add("user may not be set");
        }

        if (all.Exists(o => o.Role.Length > 0))
        {
            parts.Add("role may not be set");
        }

        return new Violation("seLinuxOptions", $"{who} set forbidden securityContext.seLinuxOptions: {string.Join("; ", parts)}");
    }

    public static Violation? AppArmor(ObjectMeta meta, PodSpec spec, int minor)
    {
        static bool IsBad(AppArmorProfile? p) => p is not (null or { Type: "RuntimeDefault" or "Localhost" });
        var bad = Words.Where(spec, c => IsBad(c.SecurityContext?.AppArmorProfile));
        var parts = new List<string>();
        if (Words.Setters(IsBad(spec.SecurityContext?.AppArmorProfile), bad) is { } who)
        {
            var types = Words.Containers(spec).Select(c => c.SecurityContext?.AppArmorProfile).Append(spec.SecurityContext?.AppArmorProfile).Where(IsBad).Select(p => p!.Type).Distinct().Order(StringComparer.Ordinal);
            parts.Add($"{who} must not set AppArmor profile type to {Words.Quoted(types)}");
        }

        var annotations = meta.Annotations.Where(a => a.Key.StartsWith(AppArmorAnnotation, StringComparison.Ordinal)
            && a.Value is not ("" or "runtime/default") && !a.Value.StartsWith("localhost/", StringComparison.Ordinal)).OrderBy(a => a.Key, StringComparer.Ordinal).ToList();
        if (annotations.Count > 0)
        {
            parts.Add($"{Words.Plural("annotation", "annotations", annotations.Count)} {string.Join(", ", annotations.Select(a => $"\"{a.Key}\"=\"{a.Value}\""))}");
        }

        var count = bad.Count + annotations.Count + (IsBad(spec.SecurityContext?.AppArmorProfile) ? 1 : 0);
        return parts.Count == 0 ? null : new Violation(Words.Plural("forbidden AppArmor profile", "forbidden AppArmor profiles", count), string.Join(", ", parts));
    }

    private static IEnumerable<string> Hosts(IContainer container)
    {
        IEnumerable<string?> hosts = new[] { container.LivenessProbe, container.ReadinessProbe, container.StartupProbe }.SelectMany(p => new[] { p?.HttpGet?.Host, p?.TcpSocket?.Host })
            .Concat(new[] { container.Lifecycle?.PostStart, container.Lifecycle?.PreStop }.SelectMany(h => new[] { h?.HttpGet?.Host, h?.TcpSocket?.Host }));
        return hosts.OfType<string>().Where(h => h.Length > 0);
    }
}
