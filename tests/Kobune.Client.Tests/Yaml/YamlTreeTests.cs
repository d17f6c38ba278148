using System.Text.Json.Nodes;
using Kobune.Client.Yaml;

namespace Kobune.Client.Tests.Yaml;

public class YamlTreeTests
{
    private static string Golden(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", name));

    private static JsonNode? Sorted(JsonNode? node) => node is JsonObject o
        ? new JsonObject(o.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, Sorted(p.Value))))
        : node?.DeepClone();

    [Fact]
    public void ScalarsAreWrittenInTheStyleThatKubectlChooses()
    {
        var tree = Sorted(JsonNode.Parse(Golden("scalars.json")));
        Assert.Equal(Golden("scalars.yaml").Split('\n'), YamlTree.Format(tree).Split('\n'));
    }

    [Fact]
    public void WhatIsWrittenIsReadBack()
    {
        var tree = JsonNode.Parse(Golden("scalars.json"));
        Assert.True(JsonNode.DeepEquals(tree, YamlTree.Parse(YamlTree.Format(tree))));
    }

    [Fact]
    public void ListsOfMapsAreNotIndentedUnderTheirKey() => Assert.Equal(
        "spec:\n  containers:\n  - image: a\n    ports:\n    - containerPort: 80\n  empty: []\n  none: {}\n",
        YamlTree.Format(JsonNode.Parse("""{"spec":{"containers":[{"image":"a","ports":[{"containerPort":80}]}],"empty":[],"none":{}}}""")));

    [Theory]
    [InlineData("a: 010", """{"a":8}""")]
    [InlineData("a: yes", """{"a":true}""")]
    [InlineData("a: 'yes'", """{"a":"yes"}""")]
    [InlineData("a: 1.50", """{"a":1.5}""")]
    [InlineData("a: 1.27.3", """{"a":"1.27.3"}""")]
    [InlineData("a:\n- b\n- {c: d}", """{"a":["b",{"c":"d"}]}""")]
    [InlineData("x: &x {a: 1}\nz:\n  <<: *x\n  b: 2", """{"x":{"a":1},"z":{"b":2,"a":1}}""")]
    [InlineData("1: a", """{"1":"a"}""")]
    public void PlainScalarsMeanWhatYaml11Says(string yaml, string json) =>
        Assert.Equal(JsonNode.Parse(json)!.ToJsonString(), YamlTree.Parse(yaml)!.ToJsonString());

    [Fact]
    public void WrongIndentIsReportedWithItsLine()
    {
        var e = Assert.Throws<YamlSyntaxException>(() => YamlTree.Parse("a: b\n  c: d\n"));
        Assert.Equal("error converting YAML to JSON: yaml: line 2: mapping values are not allowed in this context", e.Message);
    }
}
