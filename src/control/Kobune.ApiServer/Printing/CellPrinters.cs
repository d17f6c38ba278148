using Kobune.Api;
using Kobune.Api.AdmissionRegistration.V1;
using Kobune.Api.ApiExtensions.V1;
using Kobune.Api.Apps.V1;
using Kobune.Api.Batch.V1;
using Kobune.Api.Certificates.V1;
using Kobune.Api.Coordination.V1;
using Kobune.Api.Core.V1;
using Kobune.Api.Discovery.V1;
using Kobune.Api.FlowControl.V1;
using Kobune.Api.Networking.V1;
using Kobune.Api.Node.V1;
using Kobune.Api.Policy.V1;
using Kobune.Api.Rbac.V1;
using Kobune.Api.Scheduling.V1;
using Kobune.Api.Storage.V1;

namespace Kobune.ApiServer.Printing;

/// <summary>Which kind is printed by whom. The cells stand in the order of the kind's printer columns.</summary>
internal static class CellPrinters
{
    /// <summary>Fills the row; false when the kind has no printer of its own.</summary>
    public static bool Print(KubeObject obj, Cells cells)
    {
        switch (obj)
        {
            case Pod o: PodPrinter.Print(o, cells); return true;
            case PodTemplate o: WorkloadPrinters.Print(o, cells); return true;
            case ReplicationController o: WorkloadPrinters.Print(o, cells); return true;
            case ReplicaSet o: WorkloadPrinters.Print(o, cells); return true;
            case Deployment o: WorkloadPrinters.Print(o, cells); return true;
            case StatefulSet o: WorkloadPrinters.Print(o, cells); return true;
            case DaemonSet o: WorkloadPrinters.Print(o, cells); return true;
            case ControllerRevision o: WorkloadPrinters.Print(o, cells); return true;
            case Job o: WorkloadPrinters.Print(o, cells); return true;
            case CronJob o: WorkloadPrinters.Print(o, cells); return true;
            case Service o: NetworkPrinters.Print(o, cells); return true;
            case Endpoints o: NetworkPrinters.Print(o, cells); return true;
            case EndpointSlice o: NetworkPrinters.Print(o, cells); return true;
            case Ingress o: NetworkPrinters.Print(o, cells); return true;
            case IngressClass o: NetworkPrinters.Print(o, cells); return true;
            case NetworkPolicy o: NetworkPrinters.Print(o, cells); return true;
            case ServiceCIDR o: NetworkPrinters.Print(o, cells); return true;
            case IPAddress o: NetworkPrinters.Print(o, cells); return true;
            case Node o: ClusterPrinters.Print(o, cells); return true;
            case Namespace o: ClusterPrinters.Print(o, cells); return true;
            case Event o: EventPrinter.Print(o, cells); return true;
            case Kobune.Api.Events.V1.Event o: EventPrinter.Print(o, cells); return true;
            case ConfigMap o: cells.Text(o.Name).Number(o.Data.Count + o.BinaryData.Count).Age(o.Metadata.CreationTimestamp); return true;
            case Secret o: cells.Text(o.Name).Text(o.Type).Number(o.Data.Count).Age(o.Metadata.CreationTimestamp); return true;
            case ServiceAccount o: cells.Text(o.Name).Age(o.Metadata.CreationTimestamp); return true;
            case Lease o: cells.Text(o.Name).Text(o.Spec.HolderIdentity).Age(o.Metadata.CreationTimestamp); return true;
            case ResourceQuota o: ClusterPrinters.Print(o, cells); return true;
            case PersistentVolume o: StoragePrinters.Print(o, cells); return true;
            case PersistentVolumeClaim o: StoragePrinters.Print(o, cells); return true;
            case StorageClass o: StoragePrinters.Print(o, cells); return true;
            case VolumeAttachment o: StoragePrinters.Print(o, cells); return true;
            case CSINode o: cells.Text(o.Name).Number(o.Spec.Drivers.Count).Age(o.Metadata.CreationTimestamp); return true;
            case Role o: cells.Text(o.Name).Text(Created(o)); return true;
            case ClusterRole o: cells.Text(o.Name).Text(Created(o)); return true;
            case RoleBinding o: RbacPrinters.Print(o, o.RoleRef, o.Subjects, cells); return true;
            case ClusterRoleBinding o: RbacPrinters.Print(o, o.RoleRef, o.Subjects, cells); return true;
            case Kobune.Api.Autoscaling.V2.HorizontalPodAutoscaler o: AutoscalerPrinter.Print(o, cells); return true;
            case Kobune.Api.Autoscaling.V1.HorizontalPodAutoscaler o:
                AutoscalerPrinter.Print((Kobune.Api.Autoscaling.V2.HorizontalPodAutoscaler)new Registry.Conversion.HorizontalPodAutoscalerConverter().ToStorage(o), cells);
                return true;
            case PodDisruptionBudget o: ClusterPrinters.Print(o, cells); return true;
            case PriorityClass o: cells.Text(o.Name).Number(o.Value).Flag(o.GlobalDefault).Age(o.Metadata.CreationTimestamp).Text(o.PreemptionPolicy); return true;
            case RuntimeClass o: cells.Text(o.Name).Text(o.Handler).Age(o.Metadata.CreationTimestamp); return true;
            case CertificateSigningRequest o: ClusterPrinters.Print(o, cells); return true;
            case CustomResourceDefinition o: cells.Text(o.Name).Text(Created(o)); return true;
            case MutatingWebhookConfiguration o: cells.Text(o.Name).Number(o.Webhooks.Count).Age(o.Metadata.CreationTimestamp); return true;
            case ValidatingWebhookConfiguration o: cells.Text(o.Name).Number(o.Webhooks.Count).Age(o.Metadata.CreationTimestamp); return true;
            case FlowSchema o: ClusterPrinters.Print(o, cells); return true;
            default: return false;
        }
    }

    private static string Created(KubeObject o) => o.Metadata.CreationTimestamp?.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture) ?? "<unknown>";
}
