using System.Net.Sockets;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Resources.Shared;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Core.Pods;

/// <summary>What a Pod's status may not say.</summary>
internal static class PodStatusRules
{
    private static readonly FieldPath Status = FieldPath.New("status");

    public static void Validate(Pod pod, Pod old, FieldErrorList errors)
    {
        for (var i = 0; i < pod.Status.Conditions.Count; i++)
        {
            var type = pod.Status.Conditions[i].Type;
            if (type is not ("PodScheduled" or "Ready" or "Initialized"))
            {
                errors.QualifiedName(FieldPath.New("metadata", "conditions").Index(i).Child("Type"), type);
            }
        }

        if (pod.Status.NominatedNodeName.Length > 0 && pod.Status.NominatedNodeName != old.Status.NominatedNodeName)
        {
            errors.DnsSubdomain(Status.Child("nominatedNodeName"), pod.Status.NominatedNodeName);
        }

        errors.Unchanged(Status.Child("qosClass"), pod.Status.QosClass, old.Status.QosClass);
        Transitions(pod.Status.ContainerStatuses, old.Status.ContainerStatuses, old.Spec, old.Spec.RestartPolicy, Status.Child("containerStatuses"), errors);
        Transitions(pod.Status.InitContainerStatuses, old.Status.InitContainerStatuses, old.Spec, old.Spec.RestartPolicy, Status.Child("initContainerStatuses"), errors);
        Transitions(pod.Status.EphemeralContainerStatuses, old.Status.EphemeralContainerStatuses, old.Spec, "Never", Status.Child("ephemeralContainerStatuses"), errors);
        Addresses(pod.Status.PodIPs.ConvertAll(p => p.Ip), pod.Status.PodIPs, Status.Child("podIPs"), errors);
        if (pod.Status.HostIPs.Count > 0 && pod.Status.HostIP != pod.Status.HostIPs[0].Ip)
        {
            errors.Invalid(Status.Child("hostIPs").Index(0).Child("ip"), pod.Status.HostIPs[0].Ip, "must be equal to `hostIP`");
        }

        Addresses(pod.Status.HostIPs.ConvertAll(p => p.Ip), pod.Status.HostIPs, Status.Child("hostIPs"), errors);
    }

    /// <summary>A container that will not be restarted does not rise again.</summary>
    private static void Transitions(List<ContainerStatus> statuses, List<ContainerStatus> old, PodSpec spec, string restart, FieldPath path, FieldErrorList errors)
    {
        for (var i = 0; restart != "Always" && i < old.Count; i++)
        {
            var before = old[i];
            if (before.State.Terminated is not { } end || (end.ExitCode != 0 && restart == "OnFailure") || MayRestart(spec, before.Name))
            {
                continue;
            }

            if (statuses.Exists(s => s.Name == before.Name && s.State.Terminated == null))
            {
                errors.Forbidden(path.Index(i).Child("state"), "may not be transitioned to non-terminated state");
            }
        }
    }

    private static bool MayRestart(PodSpec spec, string name) =>
        spec.InitContainers.Concat(spec.Containers).FirstOrDefault(c => c.Name == name) is { } container && (container.RestartPolicy is "Always" or "OnFailure" || container.RestartPolicyRules.Count > 0);

    private static void Addresses(List<string> addresses, IEnumerable<ApiStruct> shown, FieldPath path, FieldErrorList errors)
    {
        var families = new List<AddressFamily>();
        for (var i = 0; i < addresses.Count; i++)
        {
            if (errors.IpAddress(path.Index(i), addresses[i]) && FieldChecks.TryParseIp(addresses[i], out var ip))
            {
                families.Add(ip.AddressFamily);
            }

            if (addresses.IndexOf(addresses[i]) < i)
            {
                errors.Duplicate(path.Index(i), shown.ElementAt(i));
            }
        }

        if (families.Distinct().Count() != families.Count)
        {
            errors.Invalid(path, shown, "may specify no more than one IP for each IP family");
        }
    }
}
