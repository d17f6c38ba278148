namespace Kobune.Api.Tests;

using System.Text;
using System.Text.Json.Nodes;

/// <summary>Every kind, through every codec, with random content walked from its schema.</summary>
public sealed class RoundTripTests
{
    public static TheoryData<string, string, string> Kinds()
    {
        var data = new TheoryData<string, string, string>();
        foreach (var r in GeneratedKinds.All())
        {
            data.Add(r.Group, r.Version, r.Kind);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void JsonAndProtoKeepEverything(string group, string version, string kind)
    {
        var resource = ResourceInfo.FindKind(group, version, kind)!;
        for (var seed = 0; seed < 12; seed++)
        {
            var input = new RandomObjects(seed).Object(resource.Schema);
            var bytes = JsonOut.ToBytes(w => input.WriteTo(w));
            var report = new DecodeReport();
            var first = KubeJson.Read(resource, bytes, report);
            Assert.True(report.IsClean, string.Join("; ", report.Messages()));
            var json = KubeJson.Write(first);
            Contains(JsonNode.Parse(json)!, input, kind);
            var again = KubeJson.Write(KubeJson.Read(resource, json));
            Assert.Equal(Encoding.UTF8.GetString(json), Encoding.UTF8.GetString(again));
            Assert.Equal(Encoding.UTF8.GetString(json), Encoding.UTF8.GetString(KubeJson.Write(first.DeepClone())));

            var proto = KubeProto.Write(first);
            var fromProto = KubeProto.Read(resource, proto);
            Assert.Equal(Encoding.UTF8.GetString(json), Encoding.UTF8.GetString(KubeJson.Write(fromProto)));
            Assert.Equal(proto, KubeProto.Write(fromProto));

            var yaml = KubeYaml.FromJson(json);
            var fromYaml = KubeJson.Read(resource, KubeYaml.ToJsonOne(yaml));
            Assert.Equal(Encoding.UTF8.GetString(json), Encoding.UTF8.GetString(KubeJson.Write(fromYaml)));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AnEmptyObjectIsTheSameInEveryForm(string group, string version, string kind)
    {
        var resource = ResourceInfo.FindKind(group, version, kind)!;
        var empty = KubeJson.Write(resource.Create());
        Assert.Equal(empty, KubeJson.Write(KubeProto.Read(resource, KubeProto.Write(resource.Create()))));
        Assert.Equal(empty, KubeJson.Write(KubeJson.Read(resource, empty)));
    }

    [Fact]
    public void ACloneSharesNothing()
    {
        var pod = KubeJson.Read<Core.V1.Pod>("""{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","args":["x"]}]}}"""u8);
        var copy = pod.Clone();
        copy.Metadata.Labels["a"] = "z";
        copy.Spec.Containers[0].Args.Add("y");
        copy.Spec.Containers[0].Name = "d";
        Assert.Equal("b", pod.Metadata.Labels["a"]);
        Assert.Equal("c", pod.Spec.Containers[0].Name);
        Assert.Single(pod.Spec.Containers[0].Args);
        Assert.False(ApiStruct.DeepEquals(pod, copy));
        Assert.True(ApiStruct.DeepEquals(pod, pod.Clone()));
    }

    [Fact]
    public void CustomResourcesKeepWhatNobodyKnows()
    {
        var resource = new ResourceInfo
        {
            Group = "example.com",
            Version = "v1",
            Kind = "Foo",
            Plural = "foos",
            Create = null!,
            SchemaSource = () => new TypeSchema("Foo", []),
        };
        var foo = new DynamicObject(resource);
        KubeJson.Fill(foo, """{"apiVersion":"example.com/v1","kind":"Foo","metadata":{"name":"a"},"spec":{"n":1.10,"l":[1,null,"x"],"b":true}}"""u8, null);
        Assert.Equal("""{"kind":"Foo","apiVersion":"example.com/v1","metadata":{"name":"a"},"spec":{"n":1.10,"l":[1,null,"x"],"b":true}}""", foo.ToString());
        Assert.Equal(foo.ToString(), foo.DeepClone().ToString());
        foo.Metadata.Name = "b";
        Assert.Equal("b", foo.Name);
    }

    /// <summary>Everything in the input is in the output; the output may add what upstream always writes.</summary>
    private static void Contains(JsonNode? output, JsonNode? input, string path)
    {
        switch (input)
        {
            case JsonObject o:
                foreach (var (k, v) in o)
                {
                    Contains(output?[k], v, path + "." + k);
                }

                break;
            case JsonArray a:
                Assert.Equal(a.Count, output?.AsArray().Count);
                for (var i = 0; i < a.Count; i++)
                {
                    Contains(output![i], a[i], path + "[" + i + "]");
                }

                break;
            default:
                Assert.True(JsonNode.DeepEquals(output, input), $"{path}: {input?.ToJsonString()} became {output?.ToJsonString()}");
                break;
        }
    }
}
