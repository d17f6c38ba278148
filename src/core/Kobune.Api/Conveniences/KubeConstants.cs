namespace Kobune.Api;

/// <summary>Well-known labels, annotations, taints, namespaces and finalizers.</summary>
public static class KubeConstants
{
    public const string DefaultNamespace = "default";
    public const string SystemNamespace = "kube-system";
    public const string PublicNamespace = "kube-public";
    public const string NodeLeaseNamespace = "kube-node-lease";

    // Labels
    public const string HostnameLabel = "kubernetes.io/hostname";
    public const string OsLabel = "kubernetes.io/os";
    public const string ArchLabel = "kubernetes.io/arch";
    public const string ZoneLabel = "topology.kubernetes.io/zone";
    public const string RegionLabel = "topology.kubernetes.io/region";
    public const string InstanceTypeLabel = "node.kubernetes.io/instance-type";
    public const string NamespaceNameLabel = "kubernetes.io/metadata.name";
    public const string ControlPlaneLabel = "node-role.kubernetes.io/control-plane";
    public const string ExcludeBalancersLabel = "node.kubernetes.io/exclude-from-external-load-balancers";
    public const string ServiceNameLabel = "kubernetes.io/service-name";
    public const string EndpointSliceManagedByLabel = "endpointslice.kubernetes.io/managed-by";
    public const string SkipMirrorLabel = "endpointslice.kubernetes.io/skip-mirror";
    public const string HeadlessServiceLabel = "service.kubernetes.io/headless";
    public const string ServiceProxyNameLabel = "service.kubernetes.io/service-proxy-name";
    public const string PodTemplateHashLabel = "pod-template-hash";
    public const string ControllerRevisionHashLabel = "controller-revision-hash";
    public const string PodTemplateGenerationLabel = "pod-template-generation";
    public const string StatefulSetPodNameLabel = "statefulset.kubernetes.io/pod-name";
    public const string PodIndexLabel = "apps.kubernetes.io/pod-index";
    public const string JobNameLabel = "batch.kubernetes.io/job-name";
    public const string LegacyJobNameLabel = "job-name";
    public const string JobUidLabel = "batch.kubernetes.io/controller-uid";
    public const string LegacyJobUidLabel = "controller-uid";
    public const string PodSecurityEnforceLabel = "pod-security.kubernetes.io/enforce";
    public const string PodSecurityAuditLabel = "pod-security.kubernetes.io/audit";
    public const string PodSecurityWarnLabel = "pod-security.kubernetes.io/warn";
    public const string AggregateToLabelPrefix = "rbac.authorization.k8s.io/aggregate-to-";

    // Annotations
    public const string LastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration";
    public const string RestartedAtAnnotation = "kubectl.kubernetes.io/restartedAt";
    public const string DefaultContainerAnnotation = "kubectl.kubernetes.io/default-container";
    public const string DeploymentRevisionAnnotation = "deployment.kubernetes.io/revision";
    public const string DeploymentDesiredReplicasAnnotation = "deployment.kubernetes.io/desired-replicas";
    public const string DeploymentMaxReplicasAnnotation = "deployment.kubernetes.io/max-replicas";
    public const string ChangeCauseAnnotation = "kubernetes.io/change-cause";
    public const string MirrorPodAnnotation = "kubernetes.io/config.mirror";
    public const string ConfigSourceAnnotation = "kubernetes.io/config.source";
    public const string ConfigHashAnnotation = "kubernetes.io/config.hash";
    public const string PodDeletionCostAnnotation = "controller.kubernetes.io/pod-deletion-cost";
    public const string JobCompletionIndexAnnotation = "batch.kubernetes.io/job-completion-index";
    public const string CronJobScheduledAnnotation = "batch.kubernetes.io/cronjob-scheduled-timestamp";
    public const string JobTrackingFinalizer = "batch.kubernetes.io/job-tracking";
    public const string EndpointsLastChangeTriggerTime = "endpoints.kubernetes.io/last-change-trigger-time";
    public const string ServiceTopologyModeAnnotation = "service.kubernetes.io/topology-mode";
    public const string DefaultStorageClassAnnotation = "storageclass.kubernetes.io/is-default-class";
    public const string DefaultIngressClassAnnotation = "ingressclass.kubernetes.io/is-default-class";
    public const string BindCompletedAnnotation = "pv.kubernetes.io/bind-completed";
    public const string BoundByControllerAnnotation = "pv.kubernetes.io/bound-by-controller";
    public const string SelectedNodeAnnotation = "volume.kubernetes.io/selected-node";
    public const string StorageProvisionerAnnotation = "volume.kubernetes.io/storage-provisioner";
    public const string RbacAutoUpdateAnnotation = "rbac.authorization.kubernetes.io/autoupdate";
    public const string BootstrappingLabel = "kubernetes.io/bootstrapping";
    public const string ServiceAccountNameAnnotation = "kubernetes.io/service-account.name";
    public const string ServiceAccountUidAnnotation = "kubernetes.io/service-account.uid";
    public const string NodeTtlAnnotation = "node.alpha.kubernetes.io/ttl";
    public const string ControllerManagedAttachAnnotation = "volumes.kubernetes.io/controller-managed-attach-detach";

    // Taints
    public const string NotReadyTaint = "node.kubernetes.io/not-ready";
    public const string UnreachableTaint = "node.kubernetes.io/unreachable";
    public const string UnschedulableTaint = "node.kubernetes.io/unschedulable";
    public const string MemoryPressureTaint = "node.kubernetes.io/memory-pressure";
    public const string DiskPressureTaint = "node.kubernetes.io/disk-pressure";
    public const string PidPressureTaint = "node.kubernetes.io/pid-pressure";
    public const string NetworkUnavailableTaint = "node.kubernetes.io/network-unavailable";
    public const string OutOfServiceTaint = "node.kubernetes.io/out-of-service";
    public const string ControlPlaneTaint = "node-role.kubernetes.io/control-plane";

    // Finalizers and deletion
    public const string ForegroundFinalizer = "foregroundDeletion";
    public const string OrphanFinalizer = "orphan";
    public const string PvcProtectionFinalizer = "kubernetes.io/pvc-protection";
    public const string PvProtectionFinalizer = "kubernetes.io/pv-protection";
    public const string NamespaceFinalizer = "kubernetes";
    public const string LoadBalancerFinalizer = "service.kubernetes.io/load-balancer-cleanup";
    public const string CrdFinalizer = "customresourcecleanup.apiextensions.k8s.io";

    // Groups and users
    public const string MastersGroup = "system:masters";
    public const string AuthenticatedGroup = "system:authenticated";
    public const string UnauthenticatedGroup = "system:unauthenticated";
    public const string AnonymousUser = "system:anonymous";
    public const string NodesGroup = "system:nodes";
    public const string NodeUserPrefix = "system:node:";
    public const string ServiceAccountsGroup = "system:serviceaccounts";
    public const string ServiceAccountUserPrefix = "system:serviceaccount:";

    // Content types
    public const string JsonType = "application/json";
    public const string YamlType = "application/yaml";
    public const string ProtobufType = "application/vnd.kubernetes.protobuf";
    public const string MergePatchType = "application/merge-patch+json";
    public const string JsonPatchType = "application/json-patch+json";
    public const string StrategicMergePatchType = "application/strategic-merge-patch+json";
    public const string ApplyPatchType = "application/apply-patch+yaml";
}
