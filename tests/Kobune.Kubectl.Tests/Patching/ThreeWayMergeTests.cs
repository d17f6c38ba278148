using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Api.Patching;

namespace Kobune.Kubectl.Tests.Patching;

public class ThreeWayMergeTests
{
    private static JsonObject Deployment(string template, string extra = "") =>
        (JsonObject)JsonNode.Parse("{\"spec\":{" + extra + "\"template\":{\"spec\":" + template + "}}}")!;

    private static string Patch(JsonObject? original, JsonObject modified, JsonObject current) =>
        ThreeWayMerge.CreateThreeWayMergePatch(original, modified, current, ResourceInfo.FindKind("apps", "v1", "Deployment")!.Schema).ToJsonString();

    [Fact]
    public void DefaultsOfTheServerStay()
    {
        var manifest = Deployment("""{"containers":[{"name":"a","image":"i"}]}""");
        var live = Deployment("""{"containers":[{"name":"a","image":"i","imagePullPolicy":"Always"}],"restartPolicy":"Always"}""", "\"replicas\":1,");
        Assert.Equal("{}", Patch(manifest, manifest, live));
    }

    [Fact]
    public void WhatTheManifestDroppedIsRemoved()
    {
        var before = Deployment("""{"containers":[{"name":"a","image":"i"},{"name":"b","image":"j"}],"volumes":[{"name":"v","emptyDir":{}}]}""", "\"paused\":true,");
        var after = Deployment("""{"containers":[{"name":"a","image":"i"}]}""");
        Assert.Equal(
            """{"spec":{"template":{"spec":{"containers":[{"$patch":"delete","name":"b"}],"$setElementOrder/containers":[{"name":"a"}],"volumes":null}},"paused":null}}""",
            Patch(before, after, before));
    }

    [Fact]
    public void ElementsAreChangedByTheirKey()
    {
        var live = Deployment("""{"containers":[{"name":"a","image":"i","imagePullPolicy":"Always"},{"name":"sidecar","image":"s"}]}""");
        var before = Deployment("""{"containers":[{"name":"a","image":"i"}]}""");
        var after = Deployment("""{"containers":[{"name":"a","image":"new"}]}""");
        Assert.Equal(
            """{"spec":{"template":{"spec":{"containers":[{"image":"new","name":"a"}],"$setElementOrder/containers":[{"name":"a"}]}}}}""",
            Patch(before, after, live));
    }

    [Fact]
    public void CustomResourcesReplaceLists()
    {
        var before = (JsonObject)JsonNode.Parse("""{"spec":{"a":1,"list":[1]}}""")!;
        var after = (JsonObject)JsonNode.Parse("""{"spec":{"list":[1,2]}}""")!;
        Assert.Equal("""{"spec":{"a":null,"list":[1,2]}}""", ThreeWayMerge.CreateThreeWayJsonMergePatch(before, after, before).ToJsonString());
    }
}
