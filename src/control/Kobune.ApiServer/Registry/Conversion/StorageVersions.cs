using Kobune.Api;
using CoreEvent = Kobune.Api.Core.V1.Event;
using HpaV2 = Kobune.Api.Autoscaling.V2.HorizontalPodAutoscaler;

namespace Kobune.ApiServer.Registry.Conversion;

/// <summary>In which version a built-in resource is stored, where it is served in more than one.</summary>
internal static class StorageVersions
{
    public static (ResourceInfo Storage, IVersionConverter? Converter) Of(ResourceInfo info) => (info.Group, info.Version, info.Plural) switch
    {
        ("events.k8s.io", "v1", "events") => (ResourceInfo.Of<CoreEvent>(), new EventConverter()),
        ("autoscaling", "v1", "horizontalpodautoscalers") => (ResourceInfo.Of<HpaV2>(), new HorizontalPodAutoscalerConverter()),
        _ => (info, null),
    };
}
