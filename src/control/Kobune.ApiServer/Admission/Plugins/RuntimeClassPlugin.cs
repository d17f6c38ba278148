using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Node.V1;

namespace Kobune.ApiServer.Admission.Plugins;

/// <summary>Adds the overhead and the placement of a Pod's runtime class.</summary>
internal sealed class RuntimeClassPlugin(ApiServerServices services) : IAdmissionPlugin
{
    public string Name => "RuntimeClass";

    public async ValueTask AdmitAsync(AdmissionContext context, CancellationToken cancellationToken)
    {
        if (context.Operation != AdmissionOperation.Create || !context.Is("", "pods") || context.Object is not Pod pod)
        {
            return;
        }

        if (pod.Spec.RuntimeClassName is not { } name)
        {
            return;
        }

        var runtime = await services.Objects.FindAsync<RuntimeClass>(null, name, cancellationToken).ConfigureAwait(false)
            ?? throw Refusal.Forbid(context, $"pod rejected: RuntimeClass \"{name}\" not found");
        if (runtime.Overhead is { PodFixed.Count: > 0 } overhead)
        {
            if (pod.Spec.Overhead.Count > 0 && !Same(pod.Spec.Overhead, overhead.PodFixed))
            {
                throw Refusal.Forbid(context, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
            }

            pod.Spec.Overhead = new Dictionary<string, Quantity>(overhead.PodFixed);
        }

        if (runtime.Scheduling is { } scheduling)
        {
            Place(context, pod.Spec, scheduling);
        }
    }

    public async ValueTask ValidateAsync(AdmissionContext context, CancellationToken cancellationToken)
    {
        if (context.Operation != AdmissionOperation.Create || !context.Is("", "pods") || context.Object is not Pod { Spec.Overhead.Count: > 0 } pod)
        {
            return;
        }

        var runtime = pod.Spec.RuntimeClassName is { } name ? await services.Objects.FindAsync<RuntimeClass>(null, name, cancellationToken).ConfigureAwait(false) : null;
        if (runtime?.Overhead is null)
        {
            throw Refusal.Forbid(context, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
        }

        if (!Same(pod.Spec.Overhead, runtime.Overhead.PodFixed))
        {
            throw Refusal.Forbid(context, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
        }
    }

    private static void Place(AdmissionContext context, PodSpec spec, Scheduling scheduling)
    {
        foreach (var (key, value) in scheduling.NodeSelector)
        {
            if (spec.NodeSelector.TryGetValue(key, out var given) && given != value)
            {
                throw Refusal.Forbid(context, $"conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value}; pod.spec.nodeSelector[{key}] = {given}");
            }

            spec.NodeSelector[key] = value;
        }

        spec.Tolerations.AddRange(scheduling.Tolerations.Where(t => !spec.Tolerations.Exists(p => ApiStruct.DeepEquals(p, t))).Select(t => t.Clone()).ToList());
    }

    private static bool Same(Dictionary<string, Quantity> a, Dictionary<string, Quantity> b) =>
        a.Count == b.Count && a.All(x => b.TryGetValue(x.Key, out var value) && value == x.Value);
}
