using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;

namespace Kobune.ApiServer.Admission.Plugins.PodSecurity;

internal static class SeccompChecks
{
    public static Violation? Baseline(ObjectMeta meta, PodSpec spec, int minor) => Explicit(spec);

    public static Violation? Restricted(ObjectMeta meta, PodSpec spec, int minor)
    {
        if (Words.IsWindows(spec, minor))
        {
            return null;
        }

        if (Explicit(spec) is { } violation)
        {
            return violation;
        }

        var podSets = spec.SecurityContext?.SeccompProfile is not null;
        var without = Words.Where(spec, c => c.SecurityContext?.SeccompProfile is null);
        return podSets || without.Count == 0 ? null
            : new Violation("seccompProfile", $"pod or {Words.Named(without)} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"");
    }

    private static Violation? Explicit(PodSpec spec)
    {
        static bool IsBad(SeccompProfile? p) => p is not (null or { Type: "RuntimeDefault" or "Localhost" });
        var bad = Words.Where(spec, c => IsBad(c.SecurityContext?.SeccompProfile));
        if (Words.Setters(IsBad(spec.SecurityContext?.SeccompProfile), bad) is not { } who)
        {
            return null;
        }

        var types = Words.Containers(spec).Select(c => c.SecurityContext?.SeccompProfile).Append(spec.SecurityContext?.SeccompProfile).Where(IsBad).Select(p => p!.Type).Distinct().Order(StringComparer.Ordinal);
        return new Violation("seccompProfile", $"{who} must not set securityContext.seccompProfile.type to {Words.Quoted(types)}");
    }
}
