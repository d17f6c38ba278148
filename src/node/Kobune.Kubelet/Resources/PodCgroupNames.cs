using Kobune.Api.Core.V1;

namespace Kobune.Kubelet.Resources;

/// <summary>Where a Pod's cgroup is: /kubepods/pod… for Guaranteed, /kubepods/burstable/pod…, /kubepods/besteffort/pod….</summary>
internal static class PodCgroupNames
{
    public static string Kubepods(string root) => root.Trim('/') is { Length: > 0 } trimmed ? $"/{trimmed}/kubepods" : "/kubepods";

    public static string Parent(string root, Pod pod)
    {
        var qos = QosClass.Of(pod) switch
        {
            QosClass.Burstable => "/burstable",
            QosClass.BestEffort => "/besteffort",
            _ => "",
        };
        return $"{Kubepods(root)}{qos}/pod{pod.Metadata.Uid}";
    }
}
