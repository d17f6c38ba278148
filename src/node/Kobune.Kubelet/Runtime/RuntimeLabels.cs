using System.Globalization;
using Kobune.Kubelet.Pods.Decision;

namespace Kobune.Kubelet.Runtime;

/// <summary>Labels and annotations on sandboxes and containers; by them a restarted kubelet knows its Pods again.</summary>
internal static class RuntimeLabels
{
    public const string PodName = "io.kubernetes.pod.name";
    public const string PodNamespace = "io.kubernetes.pod.namespace";
    public const string PodUid = "io.kubernetes.pod.uid";
    public const string ContainerName = "io.kubernetes.container.name";
    public const string Hash = "io.kubernetes.container.hash";
    public const string RestartCount = "io.kubernetes.container.restartCount";
    public const string MessagePath = "io.kubernetes.container.terminationMessagePath";
    public const string MessagePolicy = "io.kubernetes.container.terminationMessagePolicy";
    public const string MessageHostPath = "kobune.dev/termination-message-host-path";
    public const string Grace = "io.kubernetes.pod.terminationGracePeriod";

    public static void AddPod(IDictionary<string, string> labels, PodView pod)
    {
        labels[PodName] = pod.Name;
        labels[PodNamespace] = pod.Namespace;
        labels[PodUid] = pod.Uid;
    }

    public static int ReadRestartCount(IDictionary<string, string> annotations, uint attempt) =>
        annotations.TryGetValue(RestartCount, out var text) && int.TryParse(text, CultureInfo.InvariantCulture, out var count) ? count : (int)attempt;
}
