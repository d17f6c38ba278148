using Kobune.Api.Core.V1;
using Kobune.Api.Scheduling.V1;

namespace Kobune.ApiServer.Admission.Plugins;

/// <summary>Turns the name of a Pod's priority class into its number, and keeps one default class at most.</summary>
internal sealed class PriorityPlugin(ApiServerServices services) : IAdmissionPlugin
{
    public string Name => "Priority";

    public async ValueTask AdmitAsync(AdmissionContext context, CancellationToken cancellationToken)
    {
        if (!context.Is("", "pods") || context.Object is not Pod pod)
        {
            return;
        }

        if (context.Operation == AdmissionOperation.Create)
        {
            await ResolveAsync(context, pod.Spec, cancellationToken).ConfigureAwait(false);
        }
        else if (context is { Operation: AdmissionOperation.Update, OldObject: Pod old })
        {
            // Clients that decode into older types drop what they do not know.
            pod.Spec.Priority ??= old.Spec.Priority;
            pod.Spec.PreemptionPolicy ??= old.Spec.PreemptionPolicy;
        }
    }

    public async ValueTask ValidateAsync(AdmissionContext context, CancellationToken cancellationToken)
    {
        if (context.Operation is not (AdmissionOperation.Create or AdmissionOperation.Update) || !context.Is("scheduling.k8s.io", "priorityclasses")
            || context.Object is not PriorityClass { GlobalDefault: true } wanted)
        {
            return;
        }

        var current = await DefaultAsync(cancellationToken).ConfigureAwait(false);
        if (current is not null && (context.Operation == AdmissionOperation.Create || current.Metadata.Name != wanted.Metadata.Name))
        {
            throw Refusal.Forbid(context, $"PriorityClass {current.Metadata.Name} is already marked as default. Only one default can exist");
        }
    }

    private async ValueTask ResolveAsync(AdmissionContext context, PodSpec spec, CancellationToken cancellationToken)
    {
        var found = spec.PriorityClassName.Length == 0
            ? await DefaultAsync(cancellationToken).ConfigureAwait(false)
            : await FindAsync(spec.PriorityClassName, cancellationToken).ConfigureAwait(false)
                ?? throw Refusal.Forbid(context, $"no PriorityClass with name {spec.PriorityClassName} was found");
        var priority = found?.Value ?? 0;
        var policy = found is null ? "PreemptLowerPriority" : found.PreemptionPolicy;
        spec.PriorityClassName = found?.Metadata.Name ?? "";
        if (spec.Priority is { } given && given != priority)
        {
            throw Refusal.Forbid(context, $"the integer value of priority ({given}) must not be provided in pod spec; priority admission controller computed {priority} from the given PriorityClass name");
        }

        spec.Priority = priority;
        if (policy is null)
        {
            return;
        }

        if (spec.PreemptionPolicy is { } givenPolicy && givenPolicy != policy)
        {
            throw Refusal.Forbid(context, $"the string value of PreemptionPolicy ({givenPolicy}) must not be provided in pod spec; priority admission controller computed {policy} from the given PriorityClass name");
        }

        spec.PreemptionPolicy = policy;
    }

    // The system's classes are valid before the server has written them: Pods of the system may come first.
    private async ValueTask<PriorityClass?> FindAsync(string name, CancellationToken cancellationToken) =>
        await services.Objects.FindAsync<PriorityClass>(null, name, cancellationToken).ConfigureAwait(false)
        ?? SystemPriorityClasses.All.FirstOrDefault(c => c.Metadata.Name == name);

    /// <summary>With several defaults (two API servers can write at once), the lowest decides.</summary>
    private async ValueTask<PriorityClass?> DefaultAsync(CancellationToken cancellationToken) =>
        (await services.Objects.ListAsync<PriorityClass>(null, cancellationToken).ConfigureAwait(false)).Where(c => c.GlobalDefault).MinBy(c => c.Value);
}
