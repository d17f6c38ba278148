using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Testing.Controllers;

namespace Kobune.Controllers.Tests.EphemeralVolumes;

public sealed class EphemeralVolumeTests
{
    [Fact]
    public async Task A_claim_comes_and_goes_with_its_Pod()
    {
        await using var plane = await TestControlPlane.StartAsync();
        var pod = new Pod { Spec = TestControlPlane.Template("a").Spec };
        pod.Metadata.Name = "a";
        pod.Metadata.Namespace = "default";
        var template = new PersistentVolumeClaimTemplate { Spec = new PersistentVolumeClaimSpec { AccessModes = ["ReadWriteOnce"] } };
        template.Spec.Resources.Requests["storage"] = "1Gi";
        template.Metadata.Labels["app"] = "a";
        pod.Spec.Volumes = [new Volume { Name = "scratch", Ephemeral = new EphemeralVolumeSource { VolumeClaimTemplate = template } }];
        await plane.Client.CreateAsync(pod);
        var claim = await plane.Client.WaitAsync<PersistentVolumeClaim>("default", c => c.Name == "a-scratch");
        Assert.Equal(("a", "Pod", true), (claim.Metadata.Labels["app"], claim.Metadata.OwnerReferences.Single().Kind, claim.Metadata.OwnerReferences.Single().Controller));
    }
}
