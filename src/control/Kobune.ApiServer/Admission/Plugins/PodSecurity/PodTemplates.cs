using Kobune.Api;
using Kobune.Api.Apps.V1;
using Kobune.Api.Batch.V1;
using Kobune.Api.Core.V1;

namespace Kobune.ApiServer.Admission.Plugins.PodSecurity;

/// <summary>The Pods that a workload will make.</summary>
internal static class PodTemplates
{
    public static PodTemplateSpec? Of(KubeObject obj) => obj switch
    {
        Deployment d => d.Spec.Template,
        ReplicaSet r => r.Spec.Template,
        StatefulSet s => s.Spec.Template,
        DaemonSet d => d.Spec.Template,
        ReplicationController r => r.Spec.Template,
        Job j => j.Spec.Template,
        CronJob c => c.Spec.JobTemplate.Spec.Template,
        PodTemplate t => t.Template,
        _ => null,
    };
}
