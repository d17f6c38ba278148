using Kobune.Api.Core.V1;
using Kobune.Kubelet.Pods.Decision;
using Kobune.Runtime;

namespace Kobune.Kubelet.Pods.Execution;

/// <summary>Events about Pods and their containers.</summary>
internal sealed class PodEvents(IEventRecorder recorder)
{
    public void Pod(PodView pod, string type, string reason, string message) =>
        recorder.Record(References.To(pod.Pod), type, reason, message);

    public void Container(PodView pod, ContainerSpec container, string type, string reason, string message) =>
        recorder.Record(References.To(pod.Pod, container.FieldPath), type, reason, message);

    public void Container(PodView pod, string container, string type, string reason, string message)
    {
        if (pod.Find(container) is { } spec)
        {
            Container(pod, spec, type, reason, message);
        }
        else
        {
            Pod(pod, type, reason, message);
        }
    }
}
