using Kobune.Api.Core.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Tests.Resources;

public sealed class CoreHooksTests
{
    private const string Fixed = "Forbidden: field is immutable when `immutable` is set";

    [Fact]
    public void An_immutable_ConfigMap_keeps_its_data()
    {
        var map = Hooked.Created<ConfigMap>("{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, immutable: true, data: {a: x}}");
        Assert.Empty(Hooked.Update(map, m => m.Metadata.Labels["l"] = "v"));
        Assert.Equal(["immutable: " + Fixed, "data: " + Fixed], Hooked.Update(map, m => (m.Immutable, m.Data["a"]) = (false, "y")));
    }

    [Fact]
    public void A_ConfigMap_weighs_at_most_a_mebibyte()
    {
        var map = Hooked.Read<ConfigMap>("{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}");
        map.Data["a"] = new string('x', 1024 * 1024);
        Assert.Empty(Errors(map));
        map.BinaryData["b"] = [1];
        Assert.Equal([": Too long: may not be more than 1048576 bytes"], Errors(map));
    }

    [Fact]
    public void A_Secret_keeps_its_type()
    {
        var secret = Hooked.Created<Secret>("{apiVersion: v1, kind: Secret, metadata: {name: s}, immutable: true, data: {a: eA==}}");
        Assert.Equal(["type: Invalid value: \"other\": field is immutable"], Hooked.Update(secret, s => s.Type = "other"));
        Assert.Equal(["data: " + Fixed], Hooked.Update(secret, s => s.StringData["a"] = "y"));
    }

    [Fact]
    public void A_claim_grows_once_it_is_bound()
    {
        var claim = Hooked.Created<PersistentVolumeClaim>("{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}");
        Assert.StartsWith("spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n", Hooked.Update(claim, c => c.Spec.Resources.Requests["storage"] = "2Gi")[0], StringComparison.Ordinal);
        Assert.Empty(Hooked.Update(claim, c => c.Spec.VolumeName = "pv"));
        Assert.Empty(Hooked.Update(claim, c => c.Spec.StorageClassName = "fast"));
        claim.Status.Phase = "Bound";
        claim.Status.Capacity["storage"] = "1Gi";
        Assert.Empty(Hooked.Update(claim, c => c.Spec.Resources.Requests["storage"] = "2Gi"));
        Assert.Equal(["spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"], Hooked.Update(claim, c => c.Spec.Resources.Requests["storage"] = "512Mi"));
    }

    [Fact]
    public void The_source_of_a_volume_is_fixed()
    {
        var volume = Hooked.Created<PersistentVolume>("{apiVersion: v1, kind: PersistentVolume, metadata: {name: v}, spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, hostPath: {path: /v}}}");
        Assert.Empty(Hooked.Update(volume, v => (v.Spec.Capacity["storage"], v.Spec.PersistentVolumeReclaimPolicy) = ("2Gi", "Delete")));
        Assert.StartsWith("spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n", Hooked.Update(volume, v => v.Spec.HostPath!.Path = "/w")[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_Namespace_keeps_its_finalizers_and_label()
    {
        var space = Hooked.Created<Namespace>("{apiVersion: v1, kind: Namespace, metadata: {name: space}}");
        Assert.Equal("Active", space.Status.Phase);
        Assert.True(Hooked.Of(space).HoldsDeletion(space));
        var changed = space.Clone();
        changed.Spec.Finalizers.Clear();
        changed.Metadata.Labels.Clear();
        Hooked.Of(space).PrepareForUpdate(changed, space, Hooked.Context);
        Assert.Equal(["kubernetes"], changed.Spec.Finalizers);
        Assert.Equal("space", changed.Metadata.Labels["kubernetes.io/metadata.name"]);
        changed.Status.Phase = "Terminating";
        var errors = new FieldErrorList();
        Hooked.Of(space).ValidateStatusUpdate(changed, space, errors);
        Assert.Equal(["status.Phase: Invalid value: \"Terminating\": may only be 'Active' if `deletionTimestamp` is empty"], Hooked.Texts(errors));
    }

    [Fact]
    public void What_identifies_a_Node_is_set_once()
    {
        var node = Hooked.Created<Node>("{apiVersion: v1, kind: Node, metadata: {name: node1}}");
        var assigned = node.Clone();
        (assigned.Spec.PodCIDRs, assigned.Spec.ProviderID) = (["10.0.0.0/24"], "x://1");
        Assert.Empty(Hooked.Update(node, n => n.Spec = assigned.Spec));
        Assert.Equal(
            ["spec.podCIDRs: Forbidden: node updates may not change podCIDR except from \"\" to valid", "spec.providerID: Forbidden: node updates may not change providerID except from \"\" to valid"],
            Hooked.Update(assigned, n => (n.Spec.PodCIDRs, n.Spec.ProviderID) = (["10.0.1.0/24"], "x://2")));
    }

    [Fact]
    public void The_scopes_of_a_quota_are_fixed()
    {
        var quota = Hooked.Created<ResourceQuota>("{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {pods: 1}, scopes: [BestEffort]}}");
        Assert.Equal(["spec.scopes: Invalid value: [\"NotBestEffort\"]: field is immutable"], Hooked.Update(quota, q => q.Spec.Scopes = ["NotBestEffort"]));
    }

    private static string[] Errors(ConfigMap map)
    {
        var errors = new FieldErrorList();
        Hooked.Of(map).Validate(map, errors);
        return Hooked.Texts(errors);
    }
}
