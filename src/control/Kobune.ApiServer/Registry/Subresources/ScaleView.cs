using Kobune.Api;
using Kobune.Api.Autoscaling.V1;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using AppsV1 = Kobune.Api.Apps.V1;

namespace Kobune.ApiServer.Registry.Subresources;

/// <summary>A workload as its Scale: wanted and present replicas and the selector.</summary>
internal static class ScaleView
{
    public static Scale Of(KubeObject workload)
    {
        var meta = workload.Metadata;
        var scale = new Scale();
        scale.Metadata.Name = meta.Name;
        scale.Metadata.Namespace = meta.Namespace;
        scale.Metadata.Uid = meta.Uid;
        scale.Metadata.ResourceVersion = meta.ResourceVersion;
        scale.Metadata.CreationTimestamp = meta.CreationTimestamp;
        (scale.Spec.Replicas, scale.Status.Replicas, scale.Status.Selector) = workload switch
        {
            AppsV1.Deployment d => (d.Spec.Replicas ?? 1, d.Status.Replicas, Text(d.Spec.Selector)),
            AppsV1.ReplicaSet r => (r.Spec.Replicas ?? 1, r.Status.Replicas, Text(r.Spec.Selector)),
            AppsV1.StatefulSet s => (s.Spec.Replicas ?? 1, s.Status.Replicas, Text(s.Spec.Selector)),
            DynamicObject custom when CustomResources.CustomFacts.Of(custom.Resource) is { } facts => facts.Scale(custom),
            ReplicationController c => (c.Spec.Replicas ?? 1, c.Status.Replicas, string.Join(",", c.Spec.Selector.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}={p.Value}"))),
            _ => throw new InvalidOperationException($"{workload.Kind} has no scale"),
        };
        return scale;
    }

    public static void SetReplicas(KubeObject workload, int replicas)
    {
        switch (workload)
        {
            case AppsV1.Deployment d: d.Spec.Replicas = replicas; break;
            case AppsV1.ReplicaSet r: r.Spec.Replicas = replicas; break;
            case AppsV1.StatefulSet s: s.Spec.Replicas = replicas; break;
            case ReplicationController c: c.Spec.Replicas = replicas; break;
            case DynamicObject custom when CustomResources.CustomFacts.Of(custom.Resource) is { } facts: facts.SetReplicas(custom, replicas); break;
            default: throw new InvalidOperationException($"{workload.Kind} has no scale");
        }
    }

    /// <summary>The selector in string form, as horizontal autoscalers read it.</summary>
    public static string Text(LabelSelector? selector)
    {
        if (selector is null)
        {
            return "";
        }

        var terms = selector.MatchLabels.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}={p.Value}");
        var expressions = selector.MatchExpressions.Select(e => e.Operator switch
        {
            "In" => $"{e.Key} in ({string.Join(",", e.Values.Order(StringComparer.Ordinal))})",
            "NotIn" => $"{e.Key} notin ({string.Join(",", e.Values.Order(StringComparer.Ordinal))})",
            "DoesNotExist" => "!" + e.Key,
            _ => e.Key,
        });
        return string.Join(",", terms.Concat(expressions));
    }
}
