using System.Text.RegularExpressions;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Shared;

/// <summary>Security contexts of Pods and of containers.</summary>
internal static partial class SecurityContextValidation
{
    private const string SysctlPattern = "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";

    public static void Container(SecurityContext? context, bool hostUsers, FieldPath path, FieldErrorList errors)
    {
        if (context == null)
        {
            return;
        }

        Id(context.RunAsUser, path.Child("runAsUser"), errors);
        Id(context.RunAsGroup, path.Child("runAsGroup"), errors);
        if (context.ProcMount is { } mount)
        {
            if (mount is not ("Default" or "Unmasked"))
            {
                errors.NotSupported(path.Child("procMount"), mount, "Default", "Unmasked");
            }

            if (hostUsers && mount == "Unmasked")
            {
                errors.Invalid(path.Child("procMount"), mount, "`hostUsers` must be false to use `Unmasked`");
            }
        }

        Seccomp(context.SeccompProfile, path.Child("seccompProfile"), errors);
        if (context.AllowPrivilegeEscalation == false)
        {
            if (context.Privileged == true)
            {
                errors.Invalid(path, context, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
            }

            if (context.Capabilities?.Add.Contains("CAP_SYS_ADMIN") == true)
            {
                errors.Invalid(path, context, "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
            }
        }

        Windows(context.WindowsOptions, path.Child("windowsOptions"), errors);
        AppArmor(context.AppArmorProfile, path.Child("appArmorProfile"), errors);
    }

    public static void Pod(PodSpec spec, FieldPath path, FieldErrorList errors)
    {
        if (spec.SecurityContext is not { } context)
        {
            return;
        }

        Id(context.FsGroup, path.Child("fsGroup"), errors);
        Id(context.RunAsUser, path.Child("runAsUser"), errors);
        Id(context.RunAsGroup, path.Child("runAsGroup"), errors);
        for (var i = 0; i < context.SupplementalGroups.Count; i++)
        {
            Id(context.SupplementalGroups[i], path.Child("supplementalGroups").Index(i), errors);
        }

        if (spec.ShareProcessNamespace == true && spec.HostPID)
        {
            errors.Invalid(path.Child("shareProcessNamespace"), true, "ShareProcessNamespace and HostPID cannot both be enabled");
        }

        Sysctls(spec, context.Sysctls, path.Child("sysctls"), errors);
        OneOf(context.FsGroupChangePolicy, path.Child("fsGroupChangePolicy"), errors, "Always", "OnRootMismatch");
        Seccomp(context.SeccompProfile, path.Child("seccompProfile"), errors);
        Windows(context.WindowsOptions, path.Child("windowsOptions"), errors);
        AppArmor(context.AppArmorProfile, path.Child("appArmorProfile"), errors);
        OneOf(context.SupplementalGroupsPolicy, path.Child("supplementalGroupsPolicy"), errors, "Merge", "Strict");
        OneOf(context.SeLinuxChangePolicy, path.Child("seLinuxChangePolicy"), errors, "MountOption", "Recursive");
    }

    private static void Id(long? id, FieldPath path, FieldErrorList errors)
    {
        if (id != null)
        {
            errors.Each(path, id, Names.UserOrGroup(id.Value));
        }
    }

    private static void OneOf(string? value, FieldPath path, FieldErrorList errors, params string[] allowed)
    {
        if (value != null && !allowed.Contains(value))
        {
            errors.NotSupported(path, value, allowed);
        }
    }

    private static void Seccomp(SeccompProfile? profile, FieldPath path, FieldErrorList errors)
    {
        if (profile == null)
        {
            return;
        }

        if (profile.Type.Length == 0)
        {
            errors.Required(path.Child("type"), "type is required when seccompProfile is set");
        }
        else
        {
            OneOf(profile.Type, path.Child("type"), errors, "Localhost", "RuntimeDefault", "Unconfined");
        }

        var local = path.Child("localhostProfile");
        if (profile.Type != "Localhost")
        {
            if (profile.LocalhostProfile != null)
            {
                errors.Invalid(local, profile, "can only be set when seccomp type is Localhost");
            }
        }
        else if (profile.LocalhostProfile == null)
        {
            errors.Required(local, "must be set when seccomp type is Localhost");
        }
        else
        {
            PathRules.Descending(profile.LocalhostProfile, local, errors);
        }
    }

    private static void AppArmor(AppArmorProfile? profile, FieldPath path, FieldErrorList errors)
    {
        const string needed = "must be set when AppArmor type is Localhost";
        var local = path.Child("localhostProfile");
        switch (profile?.Type)
        {
            case null:
                break;
            case "":
                errors.Required(path.Child("type"), "type is required when appArmorProfile is set");
                break;
            case "RuntimeDefault" or "Unconfined":
                if (profile.LocalhostProfile != null)
                {
                    errors.Invalid(local, profile.LocalhostProfile, "can only be set when AppArmor type is Localhost");
                }

                break;
            case "Localhost" when profile.LocalhostProfile == null:
                errors.Required(local, needed);
                break;
            case "Localhost":
                var name = profile.LocalhostProfile;
                if (name.Trim() != name)
                {
                    errors.Invalid(local, name, "must not be padded with whitespace");
                }
                else if (name.Length == 0)
                {
                    errors.Required(local, needed);
                }

                if (name.Length > 4095)
                {
                    errors.TooLong(local, 4095);
                }

                break;
            default:
                errors.NotSupported(path.Child("type"), profile.Type, "Localhost", "RuntimeDefault", "Unconfined");
                break;
        }
    }

    private static void Sysctls(PodSpec spec, List<Sysctl> sysctls, FieldPath path, FieldErrorList errors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < sysctls.Count; i++)
        {
            var (name, at) = (sysctls[i].Name, path.Index(i).Child("name"));
            if (name.Length == 0)
            {
                errors.Required(at);
            }
            else if (name.Length > 253 || !SysctlRegex().IsMatch(name))
            {
                errors.Invalid(at, name, "must have at most 253 characters and match regex " + SysctlPattern);
            }
            else if (!seen.Add(name))
            {
                errors.Duplicate(at, name);
            }

            var normal = name.Replace('/', '.');
            if (spec.HostNetwork && normal.StartsWith("net.", StringComparison.Ordinal))
            {
                errors.Invalid(at, name, "may not be specified when 'hostNetwork' is true");
            }
            else if (spec.HostIPC && (normal is "kernel.sem" || normal.StartsWith("kernel.shm", StringComparison.Ordinal) || normal.StartsWith("kernel.msg", StringComparison.Ordinal) || normal.StartsWith("fs.mqueue.", StringComparison.Ordinal)))
            {
                errors.Invalid(at, name, "may not be specified when 'hostIPC' is true");
            }
        }
    }

    private static void Windows(WindowsSecurityContextOptions? options, FieldPath path, FieldErrorList errors)
    {
        if (options?.GmsaCredentialSpecName is { } name)
        {
            errors.DnsSubdomain(path.Child("gmsaCredentialSpecName"), name);
        }

        if (options?.GmsaCredentialSpec is { Length: 0 or > 65536 } spec)
        {
            errors.Invalid(path.Child("gmsaCredentialSpec"), spec, spec.Length == 0 ? "gmsaCredentialSpec cannot be an empty string" : "gmsaCredentialSpec size must be under 64 KiB");
        }

        if (options?.RunAsUserName is { Length: 0 })
        {
            errors.Invalid(path.Child("runAsUserName"), "", "runAsUserName cannot be an empty string");
        }
    }

    [GeneratedRegex(SysctlPattern)]
    private static partial Regex SysctlRegex();
}
