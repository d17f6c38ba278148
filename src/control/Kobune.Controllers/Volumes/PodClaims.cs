using Kobune.Api.Core.V1;
using Kobune.Runtime;

namespace Kobune.Controllers.Volumes;

/// <summary>The claims that Pods use, by name or through generic ephemeral volumes.</summary>
internal static class PodClaims
{
    public static IEnumerable<string> NamesOf(Pod pod) =>
        pod.Spec.Volumes.Select(v => v.PersistentVolumeClaim?.ClaimName ?? (v.Ephemeral is null ? null : NameFor(pod, v))).OfType<string>();

    /// <summary>The claim that a generic ephemeral volume gets.</summary>
    public static string NameFor(Pod pod, Volume volume) => $"{pod.Name}-{volume.Name}";

    public static IEnumerable<ObjectKey> KeysOf(Pod pod) => NamesOf(pod).Select(n => new ObjectKey(pod.Namespace, n));

    /// <summary>Pods by the claims that they use: <c>namespace/name</c>.</summary>
    public static IIndex<Pod> Index(ILister<Pod> pods) => pods.IndexBy("claims", static p => KeysOf(p).Select(k => k.ToString()));
}
