using Kobune.Api.AdmissionRegistration.V1;
using Kobune.ApiServer.Admission.Dynamic;

namespace Kobune.ApiServer.Admission.Webhooks;

/// <summary>A webhook of either kind, as calling it needs it.</summary>
internal sealed record Webhook(
    string Configuration, string Name, WebhookClientConfig Client, MatchCriteria Criteria, List<MatchCondition> Conditions, bool FailsClosed, string SideEffects, int TimeoutSeconds, bool Reinvoked, List<string> Versions)
{
    public static Webhook Of(MutatingWebhookConfiguration owner, MutatingWebhook hook) => new(
        owner.Metadata.Name, hook.Name, hook.ClientConfig,
        new MatchCriteria([.. hook.Rules.Select(MatchRule.Of)], [], hook.MatchPolicy != "Exact", hook.NamespaceSelector, hook.ObjectSelector),
        hook.MatchConditions, hook.FailurePolicy != "Ignore", hook.SideEffects ?? "", hook.TimeoutSeconds ?? 10, hook.ReinvocationPolicy == "IfNeeded", hook.AdmissionReviewVersions);

    public static Webhook Of(ValidatingWebhookConfiguration owner, ValidatingWebhook hook) => new(
        owner.Metadata.Name, hook.Name, hook.ClientConfig,
        new MatchCriteria([.. hook.Rules.Select(MatchRule.Of)], [], hook.MatchPolicy != "Exact", hook.NamespaceSelector, hook.ObjectSelector),
        hook.MatchConditions, hook.FailurePolicy != "Ignore", hook.SideEffects ?? "", hook.TimeoutSeconds ?? 10, false, hook.AdmissionReviewVersions);
}
