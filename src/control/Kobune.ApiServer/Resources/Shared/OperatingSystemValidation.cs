using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Shared;

/// <summary>spec.os, and what the named system does not know.</summary>
internal static class OperatingSystemValidation
{
    public static void Validate(PodSpec spec, FieldPath path, FieldErrorList errors)
    {
        switch (spec.Os?.Name)
        {
            case null:
                break;
            case "":
                errors.Required(path.Child("os", "name"), "cannot be empty");
                break;
            case "linux":
                Linux(spec, path, errors);
                break;
            case "windows":
                Windows(spec, path, errors);
                break;
            default:
                errors.NotSupported(path.Child("os"), spec.Os.Name, "linux", "windows");
                break;
        }
    }

    private static void Linux(PodSpec spec, FieldPath path, FieldErrorList errors)
    {
        const string refused = "windows options cannot be set for a linux pod";
        if (spec.SecurityContext?.WindowsOptions != null)
        {
            errors.Forbidden(path.Child("securityContext", "windowsOptions"), refused);
        }

        foreach (var (container, at) in Containers(spec, path))
        {
            if (container.SecurityContext?.WindowsOptions != null)
            {
                errors.Forbidden(at.Child("securityContext", "windowsOptions"), refused);
            }
        }
    }

    private static void Windows(PodSpec spec, FieldPath path, FieldErrorList errors)
    {
        if (spec.SecurityContext is { } pod)
        {
            var at = path.Child("securityContext");
            Forbid(errors,
                (at.Child("appArmorProfile"), pod.AppArmorProfile != null), (at.Child("seLinuxOptions"), pod.SeLinuxOptions != null),
                (path.Child("hostUsers"), spec.HostUsers != null), (path.Child("hostPID"), spec.HostPID), (path.Child("hostIPC"), spec.HostIPC),
                (at.Child("seccompProfile"), pod.SeccompProfile != null), (at.Child("fsGroup"), pod.FsGroup != null),
                (at.Child("fsGroupChangePolicy"), pod.FsGroupChangePolicy != null), (at.Child("sysctls"), pod.Sysctls.Count > 0),
                (path.Child("shareProcessNamespace"), spec.ShareProcessNamespace != null), (at.Child("runAsUser"), pod.RunAsUser != null),
                (at.Child("runAsGroup"), pod.RunAsGroup != null), (at.Child("supplementalGroups"), pod.SupplementalGroups.Count > 0),
                (at.Child("supplementalGroupsPolicy"), pod.SupplementalGroupsPolicy != null), (at.Child("seLinuxChangePolicy"), pod.SeLinuxChangePolicy != null));
        }

        foreach (var (container, where) in Containers(spec, path))
        {
            if (container.SecurityContext is { } context)
            {
                var at = where.Child("securityContext");
                Forbid(errors,
                    (at.Child("appArmorProfile"), context.AppArmorProfile != null), (at.Child("seLinuxOptions"), context.SeLinuxOptions != null),
                    (at.Child("seccompProfile"), context.SeccompProfile != null), (at.Child("capabilities"), context.Capabilities != null),
                    (at.Child("readOnlyRootFilesystem"), context.ReadOnlyRootFilesystem != null), (at.Child("privileged"), context.Privileged != null),
                    (at.Child("allowPrivilegeEscalation"), context.AllowPrivilegeEscalation != null), (at.Child("procMount"), context.ProcMount != null),
                    (at.Child("runAsUser"), context.RunAsUser != null), (at.Child("runAsGroup"), context.RunAsGroup != null));
            }
        }
    }

    private static IEnumerable<(IContainer Container, FieldPath Path)> Containers(PodSpec spec, FieldPath path) =>
        spec.InitContainers.Select((c, i) => ((IContainer)c, path.Child("initContainers").Index(i)))
            .Concat(spec.Containers.Select((c, i) => ((IContainer)c, path.Child("containers").Index(i))))
            .Concat(spec.EphemeralContainers.Select((c, i) => ((IContainer)c, path.Child("ephemeralContainers").Index(i))));

    private static void Forbid(FieldErrorList errors, params ReadOnlySpan<(FieldPath Path, bool Set)> fields)
    {
        foreach (var (path, set) in fields)
        {
            if (set)
            {
                errors.Forbidden(path, "cannot be set for a windows pod");
            }
        }
    }
}
