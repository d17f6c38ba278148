using Kobune.Api;
using Kobune.Api.Core.V1;

namespace Kobune.ApiServer.Admission.Plugins.PodSecurity;

/// <summary>Holds the Pods of a namespace to the Pod Security Standard that its labels name; workloads are warned ahead.</summary>
internal sealed class PodSecurityPlugin(ApiServerServices services) : IAdmissionPlugin
{
    // How many Pods are looked at when a namespace's level changes, and how many are named.
    private const int MaxPodsChecked = 3000;

    public string Name => "PodSecurity";

    public async ValueTask ValidateAsync(AdmissionContext context, CancellationToken cancellationToken)
    {
        if (context.Operation is not (AdmissionOperation.Create or AdmissionOperation.Update))
        {
            return;
        }

        switch (context.Object)
        {
            case Namespace ns when context.Subresource.Length == 0:
                await NamespaceAsync(context, ns, cancellationToken).ConfigureAwait(false);
                break;
            case Pod pod when context.Subresource is "" or "ephemeralcontainers" && IsSignificant(pod, context.OldObject as Pod):
                Pod(context, pod, await PolicyAsync(context, cancellationToken).ConfigureAwait(false));
                break;
            case { } obj when context.Subresource.Length == 0 && PodTemplates.Of(obj) is { } template:
                var policy = await PolicyAsync(context, cancellationToken).ConfigureAwait(false);
                Warn(context, policy.Warn, template.Metadata, template.Spec);
                break;
        }
    }

    private static void Pod(AdmissionContext context, Pod pod, NamespacePolicy policy)
    {
        var violations = Standard.Violations(policy.Enforce, pod.Metadata, pod.Spec);
        if (violations.Count > 0)
        {
            throw Refusal.Forbid(context, $"violates PodSecurity \"{policy.Enforce}\": {Standard.Describe(violations)}");
        }

        Warn(context, policy.Warn, pod.Metadata, pod.Spec);
    }

    private static void Warn(AdmissionContext context, LevelVersion level, Kobune.Api.Meta.V1.ObjectMeta meta, PodSpec spec)
    {
        var violations = Standard.Violations(level, meta, spec);
        if (violations.Count > 0)
        {
            context.Warnings.Add($"would violate PodSecurity \"{level}\": {Standard.Describe(violations)}");
        }
    }

    private async ValueTask<NamespacePolicy> PolicyAsync(AdmissionContext context, CancellationToken cancellationToken) =>
        await services.Objects.FindAsync<Namespace>(null, context.Namespace, cancellationToken).ConfigureAwait(false) is { } ns ? NamespacePolicy.Read(ns.Metadata.Labels, []) : NamespacePolicy.Open;

    private async ValueTask NamespaceAsync(AdmissionContext context, Namespace ns, CancellationToken cancellationToken)
    {
        var errors = new List<FieldError>();
        var policy = NamespacePolicy.Read(ns.Metadata.Labels, errors);
        var old = context.OldObject is Namespace before ? NamespacePolicy.Read(before.Metadata.Labels, []) : null;
        if (errors.Count > 0)
        {
            throw StatusErrors.Invalid(context.Resource, ns.Metadata.Name, errors);
        }

        if (old is null || old.Enforce == policy.Enforce || policy.Enforce.Level == Level.Privileged)
        {
            return;
        }

        await WarnOfExistingAsync(context, ns.Metadata.Name, policy.Enforce, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask WarnOfExistingAsync(AdmissionContext context, string ns, LevelVersion level, CancellationToken cancellationToken)
    {
        var pods = await services.Objects.ListAsync<Pod>(ns, cancellationToken).ConfigureAwait(false);
        var groups = pods.Take(MaxPodsChecked)
            .Select(p => (p.Metadata.Name, Violations: Standard.Violations(level, p.Metadata, p.Spec)))
            .Where(p => p.Violations.Count > 0)
            .GroupBy(p => string.Join(", ", p.Violations.Select(v => v.Reason)), p => p.Name).ToList();
        if (groups.Count == 0)
        {
            return;
        }

        context.Warnings.Add($"existing pods in namespace \"{ns}\" violate the new PodSecurity enforce level \"{level}\"");
        foreach (var group in groups.OrderBy(g => g.First(), StringComparer.Ordinal))
        {
            var others = group.Count() - 1;
            context.Warnings.Add($"{group.First()}{(others == 0 ? "" : others == 1 ? " (and 1 other pod)" : $" (and {others} other pods)")}: {group.Key}");
        }
    }

    // A Pod that was let in stays, whatever its labels or tolerations become; only new containers and images are looked at again.
    private static bool IsSignificant(Pod pod, Pod? old) =>
        old is null || !Images(pod).SequenceEqual(Images(old)) || !pod.Metadata.Annotations.Where(IsProfile).OrderBy(a => a.Key, StringComparer.Ordinal)
            .SequenceEqual(old.Metadata.Annotations.Where(IsProfile).OrderBy(a => a.Key, StringComparer.Ordinal));

    private static IEnumerable<string> Images(Pod pod) =>
        pod.Spec.InitContainers.Select(c => c.Image).Concat(pod.Spec.Containers.Select(c => c.Image)).Concat(pod.Spec.EphemeralContainers.Select(c => c.Image));

    private static bool IsProfile(KeyValuePair<string, string> annotation) => annotation.Key.StartsWith(Checks.AppArmorAnnotation, StringComparison.Ordinal);
}
