namespace Kobune.Api.Tests;

using Kobune.Api.Core.V1;
using Kobune.Api.SchemaText;

public sealed class SchemaTests
{
    [Fact]
    public void EveryTypeResolves()
    {
        foreach (var type in TypeSchema.Files.SelectMany(TypeSchema.AllOf))
        {
            foreach (var field in type.Fields)
            {
                var leaf = field.Element?.Element ?? field.Element ?? field;
                Assert.True(leaf.Kind != FieldKind.Struct || leaf.Type != null, $"{type}.{field}");
            }
        }
    }

    [Fact]
    public void MergeFactsAreThere()
    {
        var pod = Pod.Info.Schema.Field("spec")!.Type!;
        var containers = pod.Field("containers")!;
        Assert.Equal(ListType.Map, containers.ListType);
        Assert.Equal(["name"], containers.MapKeys);
        Assert.Equal(["merge"], containers.PatchStrategies);
        Assert.Equal("name", containers.PatchMergeKey);
        Assert.Equal(["merge", "retainKeys"], pod.Field("volumes")!.PatchStrategies);
        Assert.True(pod.Field("nodeSelector")!.IsAtomic);
        var ports = containers.Element!.Type!.Field("ports")!;
        Assert.Equal(["containerPort", "protocol"], ports.MapKeys);
        Assert.Equal("\"TCP\"", ports.Element!.Type!.Field("protocol")!.Default);
    }

    [Theory]
    [InlineData("type T\n  a: strin @1\n", 2, "unknown scalar 'strin'")]
    [InlineData("type T\n  a: string @x\n", 2, "'@x' is not a wire number (@1)")]
    [InlineData("type T\n  a: string @1 nonsense\n", 2, "unknown flag 'nonsense'")]
    [InlineData("kind\n", 1, "the line ends too early")]
    [InlineData("what\n", 1, "expected group, import, kind or type, not 'what'")]
    public void MistakesHaveALine(string text, int line, string message)
    {
        var file = SchemaParser.Parse(text);
        var error = Assert.Single(file.Errors);
        Assert.Equal((line, message), (error.Line, error.Message));
    }

    [Fact]
    public void PropertiesOfTheTableAreThere()
    {
        var deployment = ResourceInfo.Find("apps", "v1", "deployments")!;
        Assert.Equal("DeploymentList", deployment.ListKind);
        Assert.Equal(["deploy"], deployment.ShortNames);
        Assert.Equal(["all"], deployment.Categories);
        Assert.Equal("autoscaling", deployment.Subresource("scale")!.Group);
        Assert.Equal("Up-to-date", deployment.Columns[2].Name);
        Assert.Same(Pod.Info, ResourceInfo.FindKind("", "v1", "Pod"));
        Assert.DoesNotContain(ResourceInfo.BuiltIns, r => r.Group == "metrics.k8s.io");
    }
}
