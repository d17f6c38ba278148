using Kobune.Api.Core.V1;

namespace Kobune.ApiServer.Resources.Shared;

/// <summary>
/// Defaults of a PodSpec wherever it stands: in a Pod or in a template. What only a Pod gets (service links, requests
/// from limits, host ports) is in PodDefaults, so that templates stay as they were written.
/// </summary>
internal static class PodSpecDefaults
{
    public static void Apply(PodTemplateSpec? template)
    {
        if (template != null)
        {
            Apply(template.Spec);
        }
    }

    public static void Apply(PodSpec spec)
    {
        spec.DnsPolicy = Or(spec.DnsPolicy, "ClusterFirst");
        spec.RestartPolicy = Or(spec.RestartPolicy, "Always");
        spec.SchedulerName = Or(spec.SchedulerName, "default-scheduler");
        spec.SecurityContext ??= new PodSecurityContext();
        spec.TerminationGracePeriodSeconds ??= 30;

        // serviceAccount is the field's older name: both are always written alike, the newer one wins.
        spec.ServiceAccountName = Or(spec.ServiceAccountName, spec.ServiceAccount);
        spec.ServiceAccount = spec.ServiceAccountName;

        spec.Volumes.ForEach(VolumeDefaults.Apply);
        spec.InitContainers.ForEach(ContainerDefaults.Apply);
        spec.Containers.ForEach(ContainerDefaults.Apply);
        spec.EphemeralContainers.ForEach(ContainerDefaults.Apply);
    }

    private static string Or(string value, string otherwise) => value.Length == 0 ? otherwise : value;
}
