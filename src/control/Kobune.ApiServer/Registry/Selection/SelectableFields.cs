using Kobune.Api;
using Kobune.Api.Batch.V1;
using Kobune.Api.Certificates.V1;
using Kobune.Api.Core.V1;
using AppsV1 = Kobune.Api.Apps.V1;

namespace Kobune.ApiServer.Registry.Selection;

/// <summary>
/// The fields that field selectors may use, per kind, as upstream registers them; metadata.name and metadata.namespace are
/// usable everywhere and handled by the selector itself.
/// </summary>
internal static class SelectableFields
{
    /// <summary>The value of a selectable field, or null when the kind has no such field.</summary>
    public static string? Value(KubeObject obj, string field) => obj switch
    {
        Pod pod => Of(pod, field),
        Event e => Of(e, field),
        Secret s => field == "type" ? s.Type : null,
        Namespace ns => field is "status.phase" ? ns.Status.Phase : field == "name" ? ns.Metadata.Name : null,
        Node node => field == "spec.unschedulable" ? Text(node.Spec.Unschedulable) : null,
        Job job => field == "status.successful" ? Text(job.Status.Succeeded) : null,
        AppsV1.ReplicaSet rs => field == "status.replicas" ? Text(rs.Status.Replicas) : null,
        ReplicationController rc => field == "status.replicas" ? Text(rc.Status.Replicas) : null,
        CertificateSigningRequest csr => field == "spec.signerName" ? csr.Spec.SignerName : null,
        Service service => field switch { "spec.clusterIP" => service.Spec.ClusterIP, "spec.type" => service.Spec.Type, _ => null },
        Kobune.Api.Resource.V1.ResourceSlice slice => field switch { "spec.nodeName" => slice.Spec.NodeName ?? "", "spec.driver" => slice.Spec.Driver, _ => null },
        DynamicObject custom => CustomResources.CustomFacts.Of(custom.Resource)?.IsSelectable(field) == true ? CustomResources.CustomFacts.Selected(custom, field) : null,
        _ => null,
    };

    /// <summary>Whether the kind has the field.</summary>
    public static bool Has(ResourceInfo storage, string field) =>
        field == "metadata.name" || (field == "metadata.namespace" && storage.Namespaced) || Value(Sample(storage), field) is not null;

    private static KubeObject Sample(ResourceInfo storage) => storage.Create();

    private static string? Of(Pod pod, string field) => field switch
    {
        "spec.nodeName" => pod.Spec.NodeName,
        "spec.restartPolicy" => pod.Spec.RestartPolicy,
        "spec.schedulerName" => pod.Spec.SchedulerName,
        "spec.serviceAccountName" => pod.Spec.ServiceAccountName,
        "spec.hostNetwork" => Text(pod.Spec.HostNetwork),
        "status.phase" => pod.Status.Phase,
        "status.podIP" => pod.Status.PodIPs.Count > 0 ? pod.Status.PodIPs[0].Ip : pod.Status.PodIP,
        "status.podIPs" => string.Join(",", pod.Status.PodIPs.Select(ip => ip.Ip)),
        "status.nominatedNodeName" => pod.Status.NominatedNodeName,
        _ => null,
    };

    private static string? Of(Event e, string field) => field switch
    {
        "involvedObject.kind" or "regarding.kind" => e.InvolvedObject.Kind,
        "involvedObject.namespace" or "regarding.namespace" => e.InvolvedObject.Namespace,
        "involvedObject.name" or "regarding.name" => e.InvolvedObject.Name,
        "involvedObject.uid" or "regarding.uid" => e.InvolvedObject.Uid,
        "involvedObject.apiVersion" or "regarding.apiVersion" => e.InvolvedObject.ApiVersion,
        "involvedObject.resourceVersion" or "regarding.resourceVersion" => e.InvolvedObject.ResourceVersion,
        "involvedObject.fieldPath" or "regarding.fieldPath" => e.InvolvedObject.FieldPath,
        "reason" => e.Reason,
        "type" => e.Type,
        "source" => e.Source.Component.Length > 0 ? e.Source.Component : e.ReportingComponent,
        "reportingComponent" or "reportingController" => e.ReportingComponent,
        _ => null,
    };

    private static string Text(bool value) => value ? "true" : "false";
    private static string Text(int? value) => (value ?? 0).ToString(System.Globalization.CultureInfo.InvariantCulture);
}
