using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.ApiServer.Resources.Shared;

namespace Kobune.ApiServer.Admission.Plugins.PodSecurity;

/// <summary>The checks that only the restricted level has.</summary>
internal static class RestrictedChecks
{
    public static Violation? PrivilegeEscalation(ObjectMeta meta, PodSpec spec, int minor)
    {
        if (Words.IsWindows(spec, minor))
        {
            return null;
        }

        var bad = Words.Where(spec, c => c.SecurityContext?.AllowPrivilegeEscalation != false);
        return bad.Count == 0 ? null : new Violation("allowPrivilegeEscalation != false", $"{Words.Named(bad)} must set securityContext.allowPrivilegeEscalation=false");
    }

    public static Violation? Volumes(ObjectMeta meta, PodSpec spec, int minor)
    {
        var bad = spec.Volumes.Select(v => (v.Name, Type: RestrictedType(v))).Where(v => v.Type is not null).ToList();
        var types = bad.Select(v => v.Type!).Distinct().Order(StringComparer.Ordinal).ToList();
        return bad.Count == 0 ? null : new Violation("restricted volume types",
            $"{Words.Plural("volume", "volumes", bad.Count)} {Words.Quoted(bad.Select(v => v.Name))} {Words.Plural("uses", "use", bad.Count)} restricted volume {Words.Plural("type", "types", types.Count)} {Words.Quoted(types)}");
    }

    public static Violation? NonRoot(ObjectMeta meta, PodSpec spec, int minor)
    {
        if (spec.HostUsers == false && minor >= 35)
        {
            return null;
        }

        var pod = spec.SecurityContext?.RunAsNonRoot;
        var saying = Words.Where(spec, c => c.SecurityContext?.RunAsNonRoot == false);
        var setters = new List<string>();
        if (pod == false)
        {
            setters.Add("pod");
        }

        if (saying.Count > 0)
        {
            setters.Add(Words.Named(saying));
        }

        if (setters.Count > 0)
        {
            return new Violation("runAsNonRoot != true", $"{string.Join(" and ", setters)} must not set securityContext.runAsNonRoot=false");
        }

        var silent = pod == true ? [] : Words.Where(spec, c => c.SecurityContext?.RunAsNonRoot is null);
        return silent.Count == 0 ? null : new Violation("runAsNonRoot != true", $"pod or {Words.Named(silent)} must set securityContext.runAsNonRoot=true");
    }

    public static Violation? RootUser(ObjectMeta meta, PodSpec spec, int minor)
    {
        if (minor < 23 || (spec.HostUsers == false && minor >= 35))
        {
            return null;
        }

        var bad = Words.Where(spec, c => c.SecurityContext?.RunAsUser == 0);
        return Words.Setters(spec.SecurityContext?.RunAsUser == 0, bad) is { } who ? new Violation("runAsUser=0", who + " must not set runAsUser=0") : null;
    }

    private static string? RestrictedType(Volume volume) =>
        volume is { ConfigMap: null, Csi: null, DownwardAPI: null, EmptyDir: null, Ephemeral: null, Image: null, PersistentVolumeClaim: null, Projected: null, Secret: null }
            ? VolumeSources.Of(volume).Select(s => s.Name).FirstOrDefault("unknown") : null;
}
