using Kobune.ApiServer.Admission.Plugins;
using Kobune.ApiServer.Admission.Plugins.Certificates;
using Kobune.ApiServer.Admission.Plugins.Nodes;
using Kobune.ApiServer.Admission.Plugins.PodSecurity;
using Kobune.ApiServer.Admission.Plugins.Quota;

namespace Kobune.ApiServer.Admission;

/// <summary>
/// The order of admission, upstream's: every plug-in stands here once. Places whose plug-in is not written yet are
/// comments, so that it is clear where it goes.
/// </summary>
internal static class AdmissionOrder
{
    public static IReadOnlyList<IAdmissionPlugin> Create(ApiServerServices services) =>
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
        // MutatingAdmissionPolicy, MutatingAdmissionWebhook, ValidatingAdmissionPolicy, ValidatingAdmissionWebhook
        new ResourceQuotaPlugin(services),
    ];
}
