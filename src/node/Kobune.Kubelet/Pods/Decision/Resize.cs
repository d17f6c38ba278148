using Kobune.Api;
using Kobune.Api.Core.V1;

namespace Kobune.Kubelet.Pods.Decision;

/// <summary>Why a wish for other resources has not been granted: Deferred (later, perhaps) or Infeasible (never on this node).</summary>
internal sealed record PendingResize(string Reason, string Message);

/// <summary>Comparing and exchanging the resources of containers, as in-place resize needs it (pods/resize, KEP 1287).</summary>
internal static class Resize
{
    /// <summary>Equal in what can be resized: requests and limits of cpu and memory.</summary>
    public static bool Same(ResourceRequirements a, ResourceRequirements b) => Changed(a, b, "cpu") is false && Changed(a, b, "memory") is false;

    public static bool Changed(ResourceRequirements a, ResourceRequirements b, string resource) =>
        Value(a.Requests, resource) != Value(b.Requests, resource) || Value(a.Limits, resource) != Value(b.Limits, resource);

    /// <summary>Whether going from one to the other needs a new instance of the container.</summary>
    public static bool NeedsRestart(ContainerSpec spec, ResourceRequirements applied) =>
        spec.Container.ResizePolicy.Exists(p => p.RestartPolicy == "RestartContainer" && Changed(applied, spec.Container.Resources, p.ResourceName));

    /// <summary>Whether a container can be resized at all: what runs once and ends cannot.</summary>
    public static bool Applies(ContainerSpec spec) => spec.Kind is ContainerKind.App or ContainerKind.Sidecar;

    /// <summary>The Pod with the resources that its containers were granted in place of those asked for.</summary>
    public static PodView With(PodView pod, IReadOnlyDictionary<string, ResourceRequirements> granted)
    {
        var copy = pod.Pod.Clone();
        foreach (var container in copy.Spec.Containers.Concat(copy.Spec.InitContainers))
        {
            container.Resources = granted.GetValueOrDefault(container.Name) ?? container.Resources;
        }

        return new PodView(copy, pod.Gone);
    }

    private static Quantity? Value(Dictionary<string, Quantity> of, string name) => of.TryGetValue(name, out var value) ? (Quantity?)value : null;
}
