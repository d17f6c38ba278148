using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Api.AdmissionRegistration.V1;
using Kobune.ApiServer.Admission.Dynamic;
using Kobune.ApiServer.Patching;

namespace Kobune.ApiServer.Admission.Webhooks;

/// <summary>Asks mutating webhooks, one after the other by configuration and place; those that want it are asked again when later ones changed the object.</summary>
internal sealed class MutatingWebhooks(ApiServerServices services, WebhookClients clients) : IAdmissionPlugin
{
    private readonly RequestMatcher matcher = new(services);
    private readonly WebhookCalls calls = new(services, clients);
    private readonly MatchConditions conditions = new(services);

    public string Name => "MutatingAdmissionWebhook";

    public async ValueTask AdmitAsync(AdmissionContext context, CancellationToken cancellationToken)
    {
        if (RequestMatcher.IsExempt(context))
        {
            return;
        }

        var configurations = await services.Objects.ListAsync(ResourceInfo.Of<MutatingWebhookConfiguration>(), null, false, cancellationToken).ConfigureAwait(false);
        if (configurations.Count == 0)
        {
            return;
        }

        var hooks = configurations.Cast<MutatingWebhookConfiguration>().SelectMany(c => c.Webhooks.Select(h => Webhook.Of(c, h))).ToList();
        var left = new Dictionary<Webhook, KubeObject?>();
        foreach (var hook in hooks)
        {
            if (await AskAsync(hook, context, cancellationToken).ConfigureAwait(false))
            {
                left[hook] = context.Object;
            }
        }

        foreach (var hook in hooks.Where(h => h.Reinvoked && left.TryGetValue(h, out var then) && !ReferenceEquals(then, context.Object)))
        {
            await AskAsync(hook, context, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <returns>Whether the webhook was asked.</returns>
    private async ValueTask<bool> AskAsync(Webhook hook, AdmissionContext context, CancellationToken cancellationToken)
    {
        if (await matcher.MatchAsync(context, hook.Criteria, false, cancellationToken).ConfigureAwait(false) is not { } presented)
        {
            return false;
        }

        var obj = RequestMatcher.Show(context, presented, context.Object);
        var old = RequestMatcher.Show(context, presented, context.OldObject);
        if (!await conditions.HoldAsync(hook.Name, hook.Conditions, hook.FailsClosed, context, presented, obj, old, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        var response = await calls.AskAsync(hook, context, presented, obj, old, cancellationToken).ConfigureAwait(false);
        if (response?.Patch is not { Length: > 0 } patch || obj is null)
        {
            return true;
        }

        try
        {
            var before = KubeJson.Write(obj);
            var patched = JsonPatch.Apply(JsonNode.Parse(before), patch) ?? throw new PatchException("the patch removes the object", PatchFailure.NotApplicable);
            var after = JsonText.Write(patched);
            if (!before.AsSpan().SequenceEqual(after))
            {
                context.Object = RequestMatcher.TakeBack(context, presented, obj, after);
            }
        }
        catch (Exception e) when (e is PatchException or KubeDecodeException)
        {
            throw StatusErrors.InternalError(e.Message, e);
        }

        return true;
    }
}
