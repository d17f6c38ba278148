using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Runtime;

namespace Kobune.ApiServer.Admission.Plugins;

/// <summary>Gives every Pod a service account, its token as a volume, and its pull secrets.</summary>
internal sealed class ServiceAccountPlugin(ApiServerServices services) : IAdmissionPlugin
{
    private const string DefaultAccount = "default";
    // A new namespace gets its default account from a controller; Pods created right behind the namespace wait for it.
    private const int DefaultAttempts = 10;

    public string Name => "ServiceAccount";

    public async ValueTask AdmitAsync(AdmissionContext context, CancellationToken cancellationToken)
    {
        if (context.Operation != AdmissionOperation.Create || !context.Is("", "pods") || context.Object is not Pod pod || MirrorPods.IsMirror(pod))
        {
            return;
        }

        var spec = pod.Spec;
        if (spec.ServiceAccountName.Length == 0)
        {
            spec.ServiceAccountName = DefaultAccount;
        }

        spec.ServiceAccount = spec.ServiceAccountName;
        var account = await AccountAsync(context, spec.ServiceAccountName, cancellationToken).ConfigureAwait(false);
        if (spec.AutomountServiceAccountToken ?? account.AutomountServiceAccountToken ?? true)
        {
            TokenVolume.Mount(spec, Ids.Random);
        }

        if (spec.ImagePullSecrets.Count == 0)
        {
            spec.ImagePullSecrets = [.. account.ImagePullSecrets.Select(s => new LocalObjectReference { Name = s.Name })];
        }
    }

    public async ValueTask ValidateAsync(AdmissionContext context, CancellationToken cancellationToken)
    {
        if (context.Operation != AdmissionOperation.Create || !context.Is("", "pods") || context.Object is not Pod pod)
        {
            return;
        }

        if (MirrorPods.IsMirror(pod))
        {
            if (MirrorPods.Problem(pod) is { } problem)
            {
                throw Refusal.Forbid(context, problem);
            }

            return;
        }

        if (pod.Spec.ServiceAccountName.Length == 0)
        {
            throw Refusal.Forbid(context, $"no service account specified for pod {context.Namespace}/{pod.Metadata.Name}");
        }

        var account = await AccountAsync(context, pod.Spec.ServiceAccountName, cancellationToken).ConfigureAwait(false);
        if (MountableSecrets.Problem(pod, account) is { } wrong)
        {
            throw Refusal.Forbid(context, wrong);
        }
    }

    private async ValueTask<ServiceAccount> AccountAsync(AdmissionContext context, string name, CancellationToken cancellationToken)
    {
        var attempts = name == DefaultAccount ? DefaultAttempts : 1;
        var pause = TimeSpan.FromMilliseconds(services.Random.Next(100, 200));
        for (var i = 0; i < attempts; i++)
        {
            if (i > 0)
            {
                await Task.Delay(pause, services.Time, cancellationToken).ConfigureAwait(false);
            }

            if (await services.Objects.FindAsync<ServiceAccount>(context.Namespace, name, cancellationToken).ConfigureAwait(false) is { } account)
            {
                return account;
            }
        }

        throw Refusal.Forbid(context, $"error looking up service account {context.Namespace}/{name}: serviceaccount \"{name}\" not found");
    }
}
