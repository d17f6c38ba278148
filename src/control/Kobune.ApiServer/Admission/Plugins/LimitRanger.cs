using Kobune.Api.Core.V1;

namespace Kobune.ApiServer.Admission.Plugins;

/// <summary>Gives containers the namespace's default requests and limits, and holds Pods and claims to its bounds.</summary>
internal sealed class LimitRanger(ApiServerServices services) : IAdmissionPlugin
{
    public string Name => "LimitRanger";

    public async ValueTask AdmitAsync(AdmissionContext context, CancellationToken cancellationToken)
    {
        if (context.Operation != AdmissionOperation.Create || !context.Is("", "pods") || context.Object is not Pod pod)
        {
            return;
        }

        foreach (var range in await RangesAsync(context, cancellationToken).ConfigureAwait(false))
        {
            LimitDefaults.Apply(range, pod);
        }
    }

    public async ValueTask ValidateAsync(AdmissionContext context, CancellationToken cancellationToken)
    {
        var pod = context.Object as Pod;
        var claim = context.Object as PersistentVolumeClaim;
        var concerned = (pod is not null && (context.Operation == AdmissionOperation.Create && context.Is("", "pods") || context.Operation == AdmissionOperation.Update && context.Is("", "pods", "resize")))
            || (claim is not null && context.Operation is AdmissionOperation.Create or AdmissionOperation.Update && context.Is("", "persistentvolumeclaims"));
        if (!concerned || context.OldObject?.Metadata.DeletionTimestamp is not null)
        {
            return;
        }

        foreach (var range in await RangesAsync(context, cancellationToken).ConfigureAwait(false))
        {
            var problems = range.Spec.Limits.SelectMany(item => pod is not null ? LimitBounds.Problems(item, pod) : LimitBounds.Problems(item, claim!)).ToList();
            if (problems.Count > 0)
            {
                throw Refusal.Forbid(context, problems.Count == 1 ? problems[0] : $"[{string.Join(", ", problems.Distinct())}]");
            }
        }
    }

    private ValueTask<IEnumerable<LimitRange>> RangesAsync(AdmissionContext context, CancellationToken cancellationToken) =>
        services.Objects.ListAsync<LimitRange>(context.Namespace, cancellationToken, fresh: true);
}
