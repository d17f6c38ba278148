using Kobune.Api.Apps.V1;
using Kobune.Api.Autoscaling.V2;
using Kobune.Client;
using Kobune.Testing.Controllers;

namespace Kobune.Controllers.Tests.Autoscaling;

public sealed class HorizontalControllerTests
{
    [Fact]
    public async Task Keeps_the_bounds_and_says_what_it_cannot_measure()
    {
        await using var plane = await TestControlPlane.StartAsync();
        await plane.Client.CreateAsync(TestControlPlane.Deployment("web", 1));
        var hpa = new HorizontalPodAutoscaler();
        hpa.Metadata.Name = "web";
        hpa.Metadata.Namespace = "default";
        hpa.Spec.ScaleTargetRef = new CrossVersionObjectReference { ApiVersion = "apps/v1", Kind = "Deployment", Name = "web" };
        hpa.Spec.MinReplicas = 3;
        hpa.Spec.MaxReplicas = 5;
        await plane.Client.CreateAsync(hpa);
        await plane.Client.WaitAsync<Deployment>("default", d => d.Spec.Replicas == 3);
        var seen = await plane.Client.WaitAsync<HorizontalPodAutoscaler>("default", h => h.Status.DesiredReplicas == 3);
        Assert.Equal("SucceededRescale", seen.Status.Conditions.Single(c => c.Type == "AbleToScale").Reason);

        // A change of the spec is a reason to look at once; nobody serves metrics here.
        await plane.Client.PatchAsync<HorizontalPodAutoscaler>("default", "web", PatchKind.Merge, """{"spec":{"minReplicas":2}}""");
        seen = await plane.Client.WaitAsync<HorizontalPodAutoscaler>("default", h => h.Status.Conditions.Exists(c => c is { Type: "ScalingActive", Status: "False" }));
        var condition = seen.Status.Conditions.Single(c => c.Type == "ScalingActive");
        Assert.Equal("FailedGetResourceMetric", condition.Reason);
        Assert.StartsWith("the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: ", condition.Message, StringComparison.Ordinal);
    }
}
