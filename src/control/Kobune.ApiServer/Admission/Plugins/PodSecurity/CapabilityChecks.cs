using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;

namespace Kobune.ApiServer.Admission.Plugins.PodSecurity;

internal static class CapabilityChecks
{
    private static readonly HashSet<string> Default = new(StringComparer.Ordinal)
    {
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
    };

    public static Violation? Baseline(ObjectMeta meta, PodSpec spec, int minor) =>
        Added(spec, Default.Contains) is { } detail ? new Violation("non-default capabilities", detail) : null;

    public static Violation? Restricted(ObjectMeta meta, PodSpec spec, int minor)
    {
        if (Words.IsWindows(spec, minor))
        {
            return null;
        }

        var parts = new List<string>();
        var keeping = Words.Where(spec, c => c.SecurityContext?.Capabilities?.Drop.Contains("ALL") != true);
        if (keeping.Count > 0)
        {
            parts.Add($"{Words.Named(keeping)} must set securityContext.capabilities.drop=[\"ALL\"]");
        }

        if (Added(spec, c => c == "NET_BIND_SERVICE") is { } detail)
        {
            parts.Add(detail);
        }

        return parts.Count == 0 ? null : new Violation("unrestricted capabilities", string.Join("; ", parts));
    }

    private static string? Added(PodSpec spec, Predicate<string> allowed)
    {
        var bad = Words.Where(spec, c => c.SecurityContext?.Capabilities?.Add.Exists(a => !allowed(a)) == true);
        var added = Words.Containers(spec).SelectMany(c => c.SecurityContext?.Capabilities?.Add ?? []).Where(a => !allowed(a)).Distinct().Order(StringComparer.Ordinal);
        return bad.Count == 0 ? null : $"{Words.Named(bad)} must not include {Words.Quoted(added)} in securityContext.capabilities.add";
    }
}
