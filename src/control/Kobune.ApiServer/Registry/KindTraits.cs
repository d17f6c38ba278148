using Kobune.Api;
using Kobune.ApiServer.Resources;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Registry;

/// <summary>What upstream's storage of each kind allows; a kind's hooks may say more, never less.</summary>
/// <param name="UnconditionalUpdate">An update without resourceVersion is accepted.</param>
/// <param name="CreateOnUpdate">PUT may create the object.</param>
/// <param name="ReturnsDeleted">DELETE answers with the object rather than with a Status.</param>
internal readonly record struct KindTraits(NameRule NameRule, bool UnconditionalUpdate, bool CreateOnUpdate, bool ReturnsDeleted)
{
    private static readonly HashSet<string> Conditional = new(StringComparer.Ordinal)
    {
        "leases.coordination.k8s.io", "customresourcedefinitions.apiextensions.k8s.io", "apiservices.apiregistration.k8s.io",
        "poddisruptionbudgets.policy", "csidrivers.storage.k8s.io", "csinodes.storage.k8s.io", "volumeattachments.storage.k8s.io", "runtimeclasses.node.k8s.io",
        "validatingwebhookconfigurations.admissionregistration.k8s.io", "mutatingwebhookconfigurations.admissionregistration.k8s.io",
        "validatingadmissionpolicies.admissionregistration.k8s.io", "validatingadmissionpolicybindings.admissionregistration.k8s.io",
        "mutatingadmissionpolicies.admissionregistration.k8s.io", "mutatingadmissionpolicybindings.admissionregistration.k8s.io",
    };

    private static readonly HashSet<string> CreatedByPut = new(StringComparer.Ordinal)
    {
        "leases.coordination.k8s.io", "events", "events.events.k8s.io", "endpoints", "limitranges",
        "roles.rbac.authorization.k8s.io", "rolebindings.rbac.authorization.k8s.io", "clusterroles.rbac.authorization.k8s.io", "clusterrolebindings.rbac.authorization.k8s.io",
    };

    private static readonly HashSet<string> AnswersWithObject = new(StringComparer.Ordinal)
    {
        "pods", "services", "persistentvolumes", "persistentvolumeclaims", "podtemplates", "resourcequotas", "serviceaccounts",
        "storageclasses.storage.k8s.io", "csidrivers.storage.k8s.io", "csinodes.storage.k8s.io", "volumeattachments.storage.k8s.io", "csistoragecapacities.storage.k8s.io",
    };

    public static KindTraits Of(ResourceInfo info, IResourceHooks hooks)
    {
        var name = info.QualifiedPlural;
        return new KindTraits(
            hooks.NameRule != NameRule.DnsSubdomain ? hooks.NameRule : RuleOf(name, info),
            hooks.AllowUnconditionalUpdate && !Conditional.Contains(name),
            hooks.AllowCreateOnUpdate || CreatedByPut.Contains(name),
            hooks.ReturnsDeletedObject || AnswersWithObject.Contains(name));
    }

    private static NameRule RuleOf(string name, ResourceInfo info) => name switch
    {
        "namespaces" => NameRule.DnsLabel,
        "services" => NameRule.Dns1035Label,
        "flowschemas.flowcontrol.apiserver.k8s.io" or "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io" => NameRule.DnsSubdomain,
        _ => info.Group == "rbac.authorization.k8s.io" || name is "bindings" ? NameRule.PathSegment : NameRule.DnsSubdomain,
    };
}
