using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;

namespace Kobune.ApiServer.Admission.Plugins.PodSecurity;

/// <summary>One rule that a Pod breaks: which, and where.</summary>
internal sealed record Violation(string Reason, string Detail = "")
{
    public override string ToString() => Detail.Length == 0 ? Reason : $"{Reason} ({Detail})";
}

internal delegate Violation? Check(ObjectMeta meta, PodSpec spec, int minor);

/// <summary>The Pod Security Standards: which checks belong to which level, in the order in which they are reported.</summary>
internal static class Standard
{
    private static readonly Check[] AlwaysBaseline =
    [
        Checks.AppArmor, Checks.HostNamespaces, Checks.HostPorts, Checks.HostProbes, Checks.Privileged, Checks.ProcMount, Checks.SeLinux, Checks.Sysctls, Checks.HostProcess,
    ];

    private static readonly Check[] Baseline =
    [
        Checks.AppArmor, CapabilityChecks.Baseline, Checks.HostNamespaces, Checks.HostPaths, Checks.HostPorts, Checks.HostProbes, Checks.Privileged,
        Checks.ProcMount, Checks.SeLinux, SeccompChecks.Baseline, Checks.Sysctls, Checks.HostProcess,
    ];

    // Stricter checks stand for the baseline's of the same matter.
    private static readonly Check[] Restricted =
    [
        .. AlwaysBaseline,
        RestrictedChecks.PrivilegeEscalation, CapabilityChecks.Restricted, RestrictedChecks.Volumes, RestrictedChecks.NonRoot, RestrictedChecks.RootUser, SeccompChecks.Restricted,
    ];

    public static IReadOnlyList<Violation> Violations(LevelVersion level, ObjectMeta meta, PodSpec spec)
    {
        Check[] checks = level.Level switch { Level.Baseline => Baseline, Level.Restricted => Restricted, _ => [] };
        return [.. checks.Select(c => c(meta, spec, level.Minor)).OfType<Violation>()];
    }

    public static string Describe(IReadOnlyList<Violation> violations) => string.Join(", ", violations);
}
