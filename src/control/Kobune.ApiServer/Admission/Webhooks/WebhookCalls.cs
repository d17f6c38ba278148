using Kobune.Api;
using Kobune.Api.Admission.V1;
using Kobune.Api.Meta.V1;
using Kobune.ApiServer.Admission.Dynamic;
using Kobune.ApiServer.Registry;

namespace Kobune.ApiServer.Admission.Webhooks;

/// <summary>One question to one webhook, with what upstream makes of the answer.</summary>
internal sealed class WebhookCalls(ApiServerServices services, WebhookClients clients)
{
    /// <summary>The answer; null when the webhook failed and its policy is to ignore that.</summary>
    /// <exception cref="KubeStatusException">It denied the request, or failed and must not.</exception>
    public async ValueTask<AdmissionResponse?> AskAsync(Webhook hook, AdmissionContext context, ServedResource presented, KubeObject? obj, KubeObject? old, CancellationToken cancellationToken)
    {
        if (context.DryRun && hook.SideEffects is not ("None" or "NoneOnDryRun"))
        {
            throw StatusErrors.BadRequest($"admission webhook \"{hook.Name}\" does not support dry run");
        }

        AdmissionResponse response;
        try
        {
            response = await CallAsync(hook, context, presented, obj, old, cancellationToken).ConfigureAwait(false);
        }
        catch (WebhookException e)
        {
            return hook.FailsClosed
                ? throw StatusErrors.InternalError($"failed calling webhook \"{hook.Name}\": failed to call webhook: {e.Message}", e)
                : null;
        }

        foreach (var warning in response.Warnings)
        {
            lock (context.Warnings)
            {
                context.Warnings.Add(warning);
            }
        }

        return response.Allowed ? response : throw Denied(hook.Name, response.Status);
    }

    private async ValueTask<AdmissionResponse> CallAsync(Webhook hook, AdmissionContext context, ServedResource presented, KubeObject? obj, KubeObject? old, CancellationToken cancellationToken)
    {
        var version = hook.Versions.Find(v => v is "v1" or "v1beta1") ?? "v1";
        var request = AdmissionRequests.Of(context, presented, obj, old, GeneratedNames.Uid(services.Random));
        var review = System.Text.Encoding.UTF8.GetBytes($"{{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/{version}\",\"request\":{request}}}");
        var answer = await clients.PostAsync(WebhookAddress.Of(hook.Client), review, hook.TimeoutSeconds, cancellationToken).ConfigureAwait(false);
        AdmissionReview read;
        try
        {
            read = KubeJson.Read<AdmissionReview>(answer);
        }
        catch (KubeDecodeException e)
        {
            throw new WebhookException($"received invalid webhook response: {e.Message}");
        }

        if (read.Response is not { } response)
        {
            throw new WebhookException("webhook response was absent");
        }

        if (version == "v1" && response.Uid != request.Uid)
        {
            throw new WebhookException($"received invalid webhook response: expected response.uid=\"{request.Uid}\", got \"{response.Uid}\"");
        }

        return response;
    }

    private static KubeStatusException Denied(string name, Status? result)
    {
        var status = result?.Clone() ?? new Status();
        var by = $"admission webhook \"{name}\" denied the request";
        status.Result = "Failure";
        status.Code = status.Code < 400 ? 400 : status.Code;
        status.Message = status.Message.Length > 0 ? $"{by}: {status.Message}" : status.Reason.Length > 0 ? $"{by}: {status.Reason}" : by + " without explanation";
        return new KubeStatusException(status);
    }
}
