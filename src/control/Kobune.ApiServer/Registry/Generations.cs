using Kobune.Api;

namespace Kobune.ApiServer.Registry;

/// <summary>The built-in kinds whose metadata.generation upstream maintains.</summary>
internal static class Generations
{
    private static readonly HashSet<string> Kinds = new(StringComparer.Ordinal)
    {
        "pods", "podtemplates", "replicationcontrollers",
        "deployments.apps", "replicasets.apps", "statefulsets.apps", "daemonsets.apps",
        "jobs.batch", "cronjobs.batch", "poddisruptionbudgets.policy",
        "ingresses.networking.k8s.io", "networkpolicies.networking.k8s.io", "ingressclasses.networking.k8s.io",
        "endpointslices.discovery.k8s.io", "priorityclasses.scheduling.k8s.io",
        "customresourcedefinitions.apiextensions.k8s.io",
        "flowschemas.flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io",
        "validatingwebhookconfigurations.admissionregistration.k8s.io", "mutatingwebhookconfigurations.admissionregistration.k8s.io",
        "validatingadmissionpolicies.admissionregistration.k8s.io", "validatingadmissionpolicybindings.admissionregistration.k8s.io",
        "mutatingadmissionpolicies.admissionregistration.k8s.io", "mutatingadmissionpolicybindings.admissionregistration.k8s.io",
        "resourceslices.resource.k8s.io", "deviceclasses.resource.k8s.io",
    };

    public static bool Count(ResourceInfo info) => Kinds.Contains(info.QualifiedPlural);
}
