using Kobune.ApiServer.Authentication;
using Kobune.ApiServer.Authentication.Reviews;
using Kobune.ApiServer.Authentication.ServiceAccounts;
using Kobune.ApiServer.Authorization.Rbac;
using Kobune.ApiServer.Authorization.Reviews;

namespace Kobune.ApiServer.Resources;

/// <summary>Which kind has which hooks: every class under Resources/ stands here once.</summary>
internal static class ResourceHooksTable
{
    /// <summary>Hooks by plural and group ("deployments.apps"; "pods" for the core group).</summary>
    public static Dictionary<string, IResourceHooks> Create(ApiServerServices services) => new(StringComparer.Ordinal)
    {
        ["configmaps"] = new Core.ConfigMapHooks(),
        ["endpoints"] = new Core.EndpointsHooks(),
        ["events"] = new Core.EventHooks(strict: false),
        ["events.events.k8s.io"] = new Core.EventHooks(strict: true),
        ["limitranges"] = new Core.LimitRangeHooks(),
        ["namespaces"] = new Core.NamespaceHooks(),
        ["nodes"] = new Core.NodeHooks(),
        ["persistentvolumeclaims"] = new Core.PersistentVolumeClaimHooks(),
        ["persistentvolumes"] = new Core.PersistentVolumeHooks(),
        ["pods"] = new Core.Pods.PodHooks(),
        ["podtemplates"] = new Core.PodTemplateHooks(),
        ["replicationcontrollers"] = new Core.ReplicationControllerHooks(),
        ["resourcequotas"] = new Core.ResourceQuotaHooks(),
        ["secrets"] = new Core.SecretHooks(),
        ["serviceaccounts"] = new Core.ServiceAccountHooks(),
        ["services"] = new Core.Services.ServiceHooks(services),
        ["controllerrevisions.apps"] = new Apps.ControllerRevisionHooks(),
        ["daemonsets.apps"] = new Apps.DaemonSetHooks(),
        ["deployments.apps"] = new Apps.DeploymentHooks(),
        ["replicasets.apps"] = new Apps.ReplicaSetHooks(),
        ["statefulsets.apps"] = new Apps.StatefulSetHooks(),
        ["cronjobs.batch"] = new Batch.CronJobHooks(),
        ["jobs.batch"] = new Batch.JobHooks(),
        ["horizontalpodautoscalers.autoscaling"] = new Autoscaling.HorizontalPodAutoscalerHooks(),
        ["poddisruptionbudgets.policy"] = new Policy.PodDisruptionBudgetHooks(),
        ["clusterrolebindings.rbac.authorization.k8s.io"] = new Rbac.ClusterRoleBindingHooks(),
        ["clusterroles.rbac.authorization.k8s.io"] = new Rbac.ClusterRoleHooks(),
        ["rolebindings.rbac.authorization.k8s.io"] = new Rbac.RoleBindingHooks(),
        ["roles.rbac.authorization.k8s.io"] = new Rbac.RoleHooks(),
        ["ingressclasses.networking.k8s.io"] = new Networking.IngressClassHooks(),
        ["ingresses.networking.k8s.io"] = new Networking.IngressHooks(),
        ["ipaddresses.networking.k8s.io"] = new Networking.IPAddressHooks(),
        ["networkpolicies.networking.k8s.io"] = new Networking.NetworkPolicyHooks(),
        ["servicecidrs.networking.k8s.io"] = new Networking.ServiceCIDRHooks(),
        ["endpointslices.discovery.k8s.io"] = new Discovery.EndpointSliceHooks(),
        ["leases.coordination.k8s.io"] = new Coordination.LeaseHooks(),
        ["csidrivers.storage.k8s.io"] = new Storage.CSIDriverHooks(),
        ["csinodes.storage.k8s.io"] = new Storage.CSINodeHooks(),
        ["csistoragecapacities.storage.k8s.io"] = new Storage.CSIStorageCapacityHooks(),
        ["storageclasses.storage.k8s.io"] = new Storage.StorageClassHooks(),
        ["volumeattachments.storage.k8s.io"] = new Storage.VolumeAttachmentHooks(),
        ["volumeattributesclasses.storage.k8s.io"] = new Storage.VolumeAttributesClassHooks(),
        ["priorityclasses.scheduling.k8s.io"] = new Scheduling.PriorityClassHooks(),
        ["runtimeclasses.node.k8s.io"] = new Runtimes.RuntimeClassHooks(),
        ["certificatesigningrequests.certificates.k8s.io"] = new Certificates.CertificateSigningRequestHooks(),
        ["mutatingadmissionpolicies.admissionregistration.k8s.io"] = new AdmissionRegistration.MutatingAdmissionPolicyHooks(),
        ["mutatingadmissionpolicybindings.admissionregistration.k8s.io"] = new AdmissionRegistration.MutatingAdmissionPolicyBindingHooks(),
        ["mutatingwebhookconfigurations.admissionregistration.k8s.io"] = new AdmissionRegistration.MutatingWebhookConfigurationHooks(),
        ["validatingadmissionpolicies.admissionregistration.k8s.io"] = new AdmissionRegistration.ValidatingAdmissionPolicyHooks(),
        ["validatingadmissionpolicybindings.admissionregistration.k8s.io"] = new AdmissionRegistration.ValidatingAdmissionPolicyBindingHooks(),
        ["validatingwebhookconfigurations.admissionregistration.k8s.io"] = new AdmissionRegistration.ValidatingWebhookConfigurationHooks(),
        ["customresourcedefinitions.apiextensions.k8s.io"] = new ApiExtensions.CustomResourceDefinitionHooks(),
        ["apiservices.apiregistration.k8s.io"] = new ApiRegistration.APIServiceHooks(),
        ["flowschemas.flowcontrol.apiserver.k8s.io"] = new FlowControl.FlowSchemaHooks(),
        ["prioritylevelconfigurations.flowcontrol.apiserver.k8s.io"] = new FlowControl.PriorityLevelConfigurationHooks(),
        ["resourceclaims.resource.k8s.io"] = new DynamicResources.ResourceClaimHooks(),
        ["resourceclaimtemplates.resource.k8s.io"] = new DynamicResources.ResourceClaimTemplateHooks(),
        ["resourceslices.resource.k8s.io"] = new DynamicResources.ResourceSliceHooks(),
    };

    /// <summary>Creations without storage, by resource ("tokenreviews.authentication.k8s.io") or subresource ("serviceaccounts/token").</summary>
    public static Dictionary<string, ICreateHandler> CreateHandlers(ApiServerServices services)
    {
        var access = new AccessReviewHandler(services);
        var handlers = new Dictionary<string, ICreateHandler>(StringComparer.Ordinal)
        {
            ["selfsubjectreviews.authentication.k8s.io"] = new SelfSubjectReviewHandler(services.Time),
            ["subjectaccessreviews.authorization.k8s.io"] = access,
            ["selfsubjectaccessreviews.authorization.k8s.io"] = access,
            ["localsubjectaccessreviews.authorization.k8s.io"] = access,
            ["selfsubjectrulesreviews.authorization.k8s.io"] = new RulesReviewHandler(new RbacAuthorizer(services)),
        };
        if (services.Options.ServiceAccountTokens is { } tokens)
        {
            handlers["serviceaccounts/token"] = new TokenRequestHandler(services, tokens);
            handlers["tokenreviews.authentication.k8s.io"] = new TokenReviewHandler(
                services, tokens, new ServiceAccountAuthenticator(services, tokens), [new BootstrapTokenAuthenticator(services)]);
        }
        return handlers;
    }
}
