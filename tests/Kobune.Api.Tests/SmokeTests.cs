namespace Kobune.Api.Tests;

using System.Text;
using Kobune.Api.Core.V1;

public sealed class SmokeTests
{
    [Fact]
    public void PodRoundTrips()
    {
        var json = """{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","labels":{"x":"y"}},"spec":{"volumes":[{"name":"v","hostPath":{"path":"/"}}],"containers":[{"name":"c","resources":{"limits":{"cpu":"1000m"}},"livenessProbe":{"httpGet":{"port":80},"periodSeconds":3}}]}}""";
        var report = new DecodeReport();
        var pod = KubeJson.Read<Pod>(Encoding.UTF8.GetBytes(json), report);
        Assert.Equal("", string.Join(";", report.Messages()));
        Assert.Equal("""{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","labels":{"x":"y"}},"spec":{"volumes":[{"name":"v","hostPath":{"path":"/"}}],"containers":[{"name":"c","resources":{"limits":{"cpu":"1"}},"livenessProbe":{"httpGet":{"port":80},"periodSeconds":3}}]},"status":{}}""", pod.ToString());
        Assert.True(ResourceInfo.BuiltIns.Count > 60);
        Assert.Equal("PodSpec", Pod.Info.Schema.Field("spec")!.Type!.Name);
    }

    [Fact]
    public void ListsReadBack()
    {
        var list = new KubeList<Pod> { Items = { new Pod { Metadata = { Name = "a" } } } };
        list.Metadata.ResourceVersion = "9";
        var json = KubeJson.WriteList(Pod.Info, list);
        Assert.StartsWith("""{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"9"},"items":[{"kind":"Pod",""", Encoding.UTF8.GetString(json));
        var read = KubeJson.ReadList<Pod>(json);
        Assert.Equal(("9", "a"), (read.Metadata.ResourceVersion, read.Items[0].Name));
    }

    [Theory]
    [InlineData("", "unexpected end of JSON input")]
    [InlineData("{\"a\":", "unexpected end of JSON input")]
    [InlineData("{\"a\" 1}", "invalid character '1' after object key")]
    [InlineData("{a:1}", "invalid character 'a' looking for beginning of object key string")]
    [InlineData("xyz", "invalid character 'x' looking for beginning of value")]
    [InlineData("{} x", "invalid character 'x' after top-level value")]
    [InlineData("[]", "json: cannot unmarshal array into Go value of type v1.Pod")]
    [InlineData("{\"metadata\":{\"labels\":{\"a\":1}}}", "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string")]
    [InlineData("{\"spec\":{\"containers\":{}}}", "json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container")]
    public void BadJsonIsExplained(string json, string message) =>
        Assert.Equal(message, Assert.Throws<KubeDecodeException>(() => KubeJson.Read<Pod>(Encoding.UTF8.GetBytes(json))).Message);

    [Fact]
    public void ErrorsHavePaths()
    {
        var report = new DecodeReport();
        KubeJson.Read<Pod>("""{"spec":{"containers":[{"name":"c"},{"foo":1,"name":"x","name":"y"}]}}"""u8, report);
        Assert.Equal(["unknown field \"spec.containers[1].foo\""], report.Messages().Skip(1));
        Assert.Equal("duplicate field \"spec.containers[1].name\"", report.Messages().First());
        var e = Assert.Throws<KubeDecodeException>(() => KubeJson.Read<Apps.V1.Deployment>("""{"spec":{"replicas":"x"}}"""u8));
        Assert.Equal("json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32", e.Message);
    }
}
