using System.Text;
using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Api.Apps.V1;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Patching;
using Kobune.Client;

namespace Kobune.ApiServer.Tests.Patching;

public class ObjectPatcherTests
{
    private const string Pod = """
        {"spec":{"containers":[{"name":"a","image":"one","env":[{"name":"X","value":"1"}]},{"name":"b","image":"two"}],
        "tolerations":[{"key":"k"}]},"metadata":{"finalizers":["f/1","f/2"],"labels":{"app":"web"}}}
        """;

    [Theory]
    [InlineData("""[{"op":"add","path":"/metadata/labels/x~1y","value":"z"}]""", "metadata.labels", """{"app":"web","x/y":"z"}""")]
    [InlineData("""[{"op":"remove","path":"/metadata/labels/app"}]""", "metadata.labels", "{}")]
    [InlineData("""[{"op":"replace","path":"/spec/containers/0/image","value":"new"}]""", "spec.containers.0.image", "\"new\"")]
    [InlineData("""[{"op":"add","path":"/spec/tolerations/-","value":{"key":"l"}}]""", "spec.tolerations", """[{"key":"k"},{"key":"l"}]""")]
    [InlineData("""[{"op":"move","from":"/metadata/finalizers/0","path":"/metadata/finalizers/1"}]""", "metadata.finalizers", """["f/2","f/1"]""")]
    [InlineData("""[{"op":"copy","from":"/metadata/labels/app","path":"/metadata/labels/copy"}]""", "metadata.labels", """{"app":"web","copy":"web"}""")]
    [InlineData("""[{"op":"test","path":"/metadata/labels/app","value":"web"},{"op":"remove","path":"/spec/tolerations"}]""", "spec.tolerations", null)]
    public void JsonPatchChangesWhatItNames(string patch, string path, string? expected) => Check(PatchKind.Json, patch, path, expected);

    [Theory]
    [InlineData("""[{"op":"test","path":"/metadata/labels/app","value":"db"}]""", 422, "testing path /metadata/labels/app failed: test failed")]
    [InlineData("""[{"op":"remove","path":"/metadata/labels/none"}]""", 422, "remove operation does not apply: doc is missing key: /metadata/labels/none: missing value")]
    [InlineData("""{"op":"remove"}""", 400, null)]
    [InlineData("""not json""", 400, null)]
    [InlineData("""[{"op":"add","path":"metadata","value":1}]""", 400, null)]
    public void JsonPatchThatDoesNotFitIsRefused(string patch, int code, string? cause)
    {
        var refused = Assert.Throws<KubeStatusException>(() => Patch(PatchKind.Json, patch));
        Assert.Equal(code, refused.Code);
        if (cause is not null)
        {
            Assert.Contains(cause, refused.Status.Details!.Causes.Select(c => c.Message));
        }
    }

    [Fact]
    public void MergePatchRemovesByNullAndReplacesLists() =>
        Check(PatchKind.Merge, """{"metadata":{"labels":{"app":null,"x":"y"},"finalizers":["only"]}}""", "metadata", """{"finalizers":["only"],"labels":{"x":"y"}}""");

    [Theory]
    [InlineData("""{"spec":{"containers":[{"name":"a","image":"new"}]}}""", "spec.containers", """[{"name":"a","image":"new","env":[{"name":"X","value":"1"}]},{"name":"b","image":"two"}]""")]
    [InlineData("""{"spec":{"containers":[{"name":"c","image":"three"}]}}""", "spec.containers.2", """{"name":"c","image":"three"}""")]
    [InlineData("""{"spec":{"containers":[{"$patch":"delete","name":"a"}]}}""", "spec.containers", """[{"name":"b","image":"two"}]""")]
    [InlineData("""{"spec":{"containers":[{"$patch":"replace"},{"name":"z"}]}}""", "spec.containers", """[{"name":"z"}]""")]
    [InlineData("""{"spec":{"containers":[{"name":"a","env":[{"name":"Y","value":"2"}]}]}}""", "spec.containers.0.env", """[{"name":"X","value":"1"},{"name":"Y","value":"2"}]""")]
    [InlineData("""{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}],"containers":[{"name":"a","image":"new"}]}}""", "spec.containers", """[{"name":"b","image":"two"},{"name":"a","image":"new","env":[{"name":"X","value":"1"}]}]""")]
    [InlineData("""{"spec":{"tolerations":[{"key":"other"}]}}""", "spec.tolerations", """[{"key":"other"}]""")]
    [InlineData("""{"metadata":{"finalizers":["f/3"]}}""", "metadata.finalizers", """["f/1","f/2","f/3"]""")]
    [InlineData("""{"metadata":{"$deleteFromPrimitiveList/finalizers":["f/1"]}}""", "metadata.finalizers", """["f/2"]""")]
    [InlineData("""{"metadata":{"labels":{"$patch":"replace","only":"this"}}}""", "metadata.labels", """{"only":"this"}""")]
    [InlineData("""{"spec":{"containers":null}}""", "spec.containers", null)]
    public void StrategicMergeFollowsTheSchema(string patch, string path, string? expected) => Check(PatchKind.StrategicMerge, patch, path, expected);

    [Fact]
    public void StrategicMergeKeepsOnlyRetainedKeys()
    {
        var strategy = Encoding.UTF8.GetBytes("""{"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}}""");
        var patch = Encoding.UTF8.GetBytes("""{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}""");
        var patched = new ObjectPatcher().Patch(PatchKind.StrategicMerge, Deployment.Info, strategy, patch);
        Assert.Equal("""{"spec":{"strategy":{"type":"Recreate"}}}""", Encoding.UTF8.GetString(patched));
    }

    [Fact]
    public void StrategicMergeWithoutMergeKeyIsRefused()
    {
        var refused = Assert.Throws<KubeStatusException>(() => Patch(PatchKind.StrategicMerge, """{"spec":{"containers":[{"image":"x"}]}}"""));
        Assert.Contains("does not contain declared merge key: name", refused.Status.Details!.Causes[0].Message, StringComparison.Ordinal);
    }

    private static void Check(PatchKind kind, string patch, string path, string? expected)
    {
        JsonNode? node = JsonNode.Parse(Patch(kind, patch));
        foreach (var step in path.Split('.'))
        {
            node = node is JsonArray list ? list[int.Parse(step, System.Globalization.CultureInfo.InvariantCulture)] : node?[step];
        }
        Assert.True(JsonNode.DeepEquals(expected is null ? null : JsonNode.Parse(expected), node), node?.ToJsonString());
    }

    private static byte[] Patch(PatchKind kind, string patch) =>
        new ObjectPatcher().Patch(kind, Kobune.Api.Core.V1.Pod.Info, Encoding.UTF8.GetBytes(Pod), Encoding.UTF8.GetBytes(patch));
}
