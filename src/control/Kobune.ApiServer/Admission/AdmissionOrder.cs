using Kobune.ApiServer.Admission.Plugins;
using Kobune.ApiServer.Admission.Plugins.Certificates;
using Kobune.ApiServer.Admission.Plugins.Nodes;
using Kobune.ApiServer.Admission.Plugins.PodSecurity;
using Kobune.ApiServer.Admission.Plugins.Quota;
using Kobune.ApiServer.Admission.Policies;
using Kobune.ApiServer.Admission.Webhooks;

namespace Kobune.ApiServer.Admission;

/// <summary>
/// The order of admission, upstream's: every plug-in stands here once.
/// </summary>
internal static class AdmissionOrder
{
    public static IReadOnlyList<IAdmissionPlugin> Create(ApiServerServices services, WebhookClients webhooks) =>
    [
        new NamespaceLifecycle(services),
        new RbacEscalation(services),
        new NodeRestriction(services),
        new TaintNodesByCondition(),
        new LimitRanger(services),
        new ServiceAccountPlugin(services),
        new PodSecurityPlugin(services),
        new PriorityPlugin(services),
        new DefaultTolerationSeconds(),
        new StorageObjectInUseProtection(),
        new DefaultStorageClass(services),
        new PersistentVolumeClaimResize(services),
        new RuntimeClassPlugin(services),
        new CertificateApproval(services),
        new CertificateSigning(services),
        new CertificateSubjectRestriction(),
        new DefaultIngressClass(services),
        new MutatingPolicies(services),
        new MutatingWebhooks(services, webhooks),
        new ValidatingPolicies(services),
        new ValidatingWebhooks(services, webhooks),
        new ResourceQuotaPlugin(services),
    ];
}
