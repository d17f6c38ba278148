using Kobune.Api;
using Kobune.Api.AdmissionRegistration.V1;
using Kobune.ApiServer.Admission.Dynamic;

namespace Kobune.ApiServer.Admission.Webhooks;

/// <summary>Asks all validating webhooks at once; the first in order that says no is the one that the client hears of.</summary>
internal sealed class ValidatingWebhooks(ApiServerServices services, WebhookClients clients) : IAdmissionPlugin
{
    private readonly RequestMatcher matcher = new(services);
    private readonly WebhookCalls calls = new(services, clients);
    private readonly MatchConditions conditions = new(services);

    public string Name => "ValidatingAdmissionWebhook";

    public async ValueTask ValidateAsync(AdmissionContext context, CancellationToken cancellationToken)
    {
        if (RequestMatcher.IsExempt(context))
        {
            return;
        }

        var configurations = await services.Objects.ListAsync(ResourceInfo.Of<ValidatingWebhookConfiguration>(), null, false, cancellationToken).ConfigureAwait(false);
        if (configurations.Count == 0)
        {
            return;
        }

        var asked = configurations.Cast<ValidatingWebhookConfiguration>()
            .SelectMany(c => c.Webhooks.Select(h => Webhook.Of(c, h)))
            .Select(h => AskAsync(h, context, cancellationToken)).ToList();
        foreach (var one in asked)
        {
            await one.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        foreach (var one in asked)
        {
            await one.ConfigureAwait(false);
        }
    }

    private async Task AskAsync(Webhook hook, AdmissionContext context, CancellationToken cancellationToken)
    {
        if (await matcher.MatchAsync(context, hook.Criteria, false, cancellationToken).ConfigureAwait(false) is not { } presented)
        {
            return;
        }

        var obj = RequestMatcher.Show(context, presented, context.Object);
        var old = RequestMatcher.Show(context, presented, context.OldObject);
        if (await conditions.HoldAsync(hook.Name, hook.Conditions, hook.FailsClosed, context, presented, obj, old, cancellationToken).ConfigureAwait(false))
        {
            await calls.AskAsync(hook, context, presented, obj, old, cancellationToken).ConfigureAwait(false);
        }
    }
}
