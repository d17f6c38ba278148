using Kobune.Api.AdmissionRegistration.V1;
using Kobune.Api.Meta.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.AdmissionRegistration;

internal sealed class MutatingWebhookConfigurationHooks : TypedHooks<MutatingWebhookConfiguration>
{
    public override bool AllowUnconditionalUpdate => false;

    protected override void Default(MutatingWebhookConfiguration obj)
    {
        foreach (var hook in obj.Webhooks)
        {
            hook.FailurePolicy ??= "Fail";
            hook.MatchPolicy ??= "Equivalent";
            hook.NamespaceSelector ??= new LabelSelector();
            hook.ObjectSelector ??= new LabelSelector();
            hook.TimeoutSeconds ??= WebhookDefaults.TimeoutSeconds;
            hook.ReinvocationPolicy ??= "Never";
            WebhookDefaults.Client(hook.ClientConfig);
            WebhookDefaults.Rules(hook.Rules);
        }
    }

    protected override void Validate(MutatingWebhookConfiguration obj, FieldErrorList errors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < obj.Webhooks.Count; i++)
        {
            var hook = obj.Webhooks[i];
            var path = $"webhooks[{i}]";
            WebhookChecks.Name(hook.Name, seen, path, errors);
            WebhookChecks.Rules(hook.Rules, path + ".rules", errors);
            WebhookChecks.Behaviour(hook.FailurePolicy, hook.MatchPolicy, hook.SideEffects, hook.TimeoutSeconds, hook.AdmissionReviewVersions, path, errors);
            SelectorChecks.Check(errors, path + ".namespaceSelector", hook.NamespaceSelector);
            SelectorChecks.Check(errors, path + ".objectSelector", hook.ObjectSelector);
            WebhookChecks.Client(hook.ClientConfig, path + ".clientConfig", errors);
            WebhookChecks.Conditions(hook.MatchConditions, path + ".matchConditions", errors);
            if (hook.ReinvocationPolicy is { } policy)
            {
                FieldRules.OneOf(errors, path + ".reinvocationPolicy", policy, "IfNeeded", "Never");
            }
        }
    }
}

internal sealed class ValidatingWebhookConfigurationHooks : TypedHooks<ValidatingWebhookConfiguration>
{
    public override bool AllowUnconditionalUpdate => false;

    protected override void Default(ValidatingWebhookConfiguration obj)
    {
        foreach (var hook in obj.Webhooks)
        {
            hook.FailurePolicy ??= "Fail";
            hook.MatchPolicy ??= "Equivalent";
            hook.NamespaceSelector ??= new LabelSelector();
            hook.ObjectSelector ??= new LabelSelector();
            hook.TimeoutSeconds ??= WebhookDefaults.TimeoutSeconds;
            WebhookDefaults.Client(hook.ClientConfig);
            WebhookDefaults.Rules(hook.Rules);
        }
    }

    protected override void Validate(ValidatingWebhookConfiguration obj, FieldErrorList errors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < obj.Webhooks.Count; i++)
        {
            var hook = obj.Webhooks[i];
            var path = $"webhooks[{i}]";
            WebhookChecks.Name(hook.Name, seen, path, errors);
            WebhookChecks.Rules(hook.Rules, path + ".rules", errors);
            WebhookChecks.Behaviour(hook.FailurePolicy, hook.MatchPolicy, hook.SideEffects, hook.TimeoutSeconds, hook.AdmissionReviewVersions, path, errors);
            SelectorChecks.Check(errors, path + ".namespaceSelector", hook.NamespaceSelector);
            SelectorChecks.Check(errors, path + ".objectSelector", hook.ObjectSelector);
            WebhookChecks.Client(hook.ClientConfig, path + ".clientConfig", errors);
            WebhookChecks.Conditions(hook.MatchConditions, path + ".matchConditions", errors);
        }
    }
}
