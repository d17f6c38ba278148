using System.Text;
using Kobune.Api;
using Kobune.Api.Apps.V1;
using Kobune.Api.Meta.V1;
using Kobune.ApiServer.Patching;
using Kobune.ApiServer.Patching.Apply;

namespace Kobune.ApiServer.Tests.Patching;

public class ServerSideApplyTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 21, 8, 0, 0, TimeSpan.Zero);

    private const string Web = """
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","labels":{"app":"web"}},
         "spec":{"replicas":2,"selector":{"matchLabels":{"app":"web"}},
           "template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"one"}]}}}}
        """;

    private readonly ObjectFieldManager _manager = new();

    [Fact]
    public void ApplyRecordsWhatItSets()
    {
        var applied = Apply(null, Web, "tool");
        var entry = Assert.Single(applied.Metadata.ManagedFields);
        Assert.Equal(("tool", "Apply", "apps/v1"), (entry.Manager, entry.Operation, entry.ApiVersion));
        Assert.Equal(
            """{"f:metadata":{"f:labels":{"f:app":{}}},"f:spec":{"f:replicas":{},"f:selector":{},"f:template":{"f:metadata":{"f:labels":{"f:app":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:image":{},"f:name":{}}}}}}}""",
            Fields(entry));
    }

    [Fact]
    public void CreateRecordsContainersOfWhatIsNew()
    {
        var created = KubeJson.Read<Deployment>(Encoding.UTF8.GetBytes(Web));
        _manager.Track(Deployment.Info, null, created, Call("kubectl-create"));
        var entry = Assert.Single(created.Metadata.ManagedFields);
        Assert.Equal("Update", entry.Operation);
        Assert.Equal(
            """{"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{"f:replicas":{},"f:selector":{},"f:template":{"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:image":{},"f:name":{},"f:resources":{}}}}}}}""",
            Fields(entry));
    }

    [Fact]
    public void ApplyingTwiceChangesNothing()
    {
        var once = Apply(null, Web, "tool");
        var twice = Apply(once, Web, "tool", minutes: 5);
        Assert.True(ApiStruct.DeepEquals(once, twice), twice.ToString());
    }

    [Fact]
    public void WhatIsNoLongerMentionedGoes()
    {
        var live = Apply(null, Web, "tool");
        var less = Apply(live, Web.Replace("\"replicas\":2,", "", StringComparison.Ordinal).Replace("\"labels\":{\"app\":\"web\"}},\n \"spec\"", "\"labels\":{\"tier\":\"x\"}},\n \"spec\"", StringComparison.Ordinal), "tool");
        Assert.Null(less.Spec.Replicas);
        Assert.DoesNotContain("f:replicas", Fields(Assert.Single(less.Metadata.ManagedFields)), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatAnotherAlsoSetStaysWhenOneLetsGo()
    {
        var live = Apply(null, Web, "first");
        live = Apply(live, """{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":2}}""", "second");
        live = Apply(live, Web.Replace("\"replicas\":2,", "", StringComparison.Ordinal), "first");
        Assert.Equal(2, live.Spec.Replicas);
    }

    [Fact]
    public void ChangingWhatAnotherOwnsIsAConflict()
    {
        var live = Apply(null, Web, "first");
        var refused = Assert.Throws<KubeStatusException>(() => Apply(live, """{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":5}}""", "second"));
        Assert.Equal(409, refused.Code);
        Assert.Equal("Apply failed with 1 conflict: conflict with \"first\": .spec.replicas", refused.Message);
        var cause = Assert.Single(refused.Status.Details!.Causes);
        Assert.Equal(("FieldManagerConflict", ".spec.replicas"), (cause.Reason, cause.Field));
    }

    [Fact]
    public void ForceTakesOwnershipOver()
    {
        var live = Apply(null, Web, "first");
        live = Apply(live, """{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":5}}""", "second", force: true);
        Assert.Equal(5, live.Spec.Replicas);
        Assert.DoesNotContain("f:replicas", Fields(live.Metadata.ManagedFields.Single(e => e.Manager == "first")), StringComparison.Ordinal);
        Assert.Equal("""{"f:spec":{"f:replicas":{}}}""", Fields(live.Metadata.ManagedFields.Single(e => e.Manager == "second")));
    }

    [Fact]
    public void AnUpdateTakesTheFieldsThatItChanges()
    {
        var live = Apply(null, Web, "tool");
        var scaled = live.Clone();
        scaled.Spec.Replicas = 7;
        _manager.Track(Deployment.Info, live, scaled, Call("kubectl-edit"));
        Assert.Equal("""{"f:spec":{"f:replicas":{}}}""", Fields(scaled.Metadata.ManagedFields.Single(e => e.Manager == "kubectl-edit")));
        Assert.DoesNotContain("f:replicas", Fields(scaled.Metadata.ManagedFields.Single(e => e.Manager == "tool")), StringComparison.Ordinal);
    }

    [Fact]
    public void StatusIsOwnedThroughStatusOnly()
    {
        var live = Apply(null, Web, "tool");
        var reported = live.Clone();
        reported.Status.Replicas = 2;
        _manager.Track(Deployment.Info, live, reported, new FieldManagerCall("controller", "status", false, Start));
        var entry = reported.Metadata.ManagedFields.Single(e => e.Manager == "controller");
        Assert.Equal(("status", """{"f:status":{"f:replicas":{}}}"""), (entry.Subresource, Fields(entry)));
    }

    [Fact]
    public void ContainersMergeByNameAndKeepTheirOrder()
    {
        var live = Apply(null, Web, "first");
        live = Apply(live, """{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"template":{"spec":{"containers":[{"name":"side","image":"s"}]}}}}""", "second");
        Assert.Equal(["c", "side"], live.Spec.Template.Spec.Containers.Select(c => c.Name));
        live = Apply(live, """{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"}}""", "second");
        Assert.Equal(["c"], live.Spec.Template.Spec.Containers.Select(c => c.Name));
    }

    [Fact]
    public void WhatKubectlAppliedByItselfBeforeIsNoConflict()
    {
        var live = KubeJson.Read<Deployment>(Encoding.UTF8.GetBytes(Web));
        live.Metadata.Annotations["kubectl.kubernetes.io/last-applied-configuration"] = Web;
        _manager.Track(Deployment.Info, null, live, Call("kubectl-client-side-apply"));
        var applied = Apply(live, Web.Replace("\"replicas\":2", "\"replicas\":3", StringComparison.Ordinal), "kubectl");
        Assert.Equal(3, applied.Spec.Replicas);
    }

    private Deployment Apply(Deployment? live, string configuration, string manager, bool force = false, int minutes = 0) =>
        (Deployment)_manager.Apply(Deployment.Info, live ?? new Deployment(), Encoding.UTF8.GetBytes(configuration), Call(manager, force, minutes));

    private static FieldManagerCall Call(string manager, bool force = false, int minutes = 0) => new(manager, "", force, Start.AddMinutes(minutes));

    private static string Fields(ManagedFieldsEntry entry) => entry.FieldsV1!.ToString()!;
}
