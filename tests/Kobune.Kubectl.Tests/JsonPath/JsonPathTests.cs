using System.Text.Json.Nodes;
using Kobune.Api.JsonPaths;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Tests.JsonPath;

public class JsonPathTests
{
    private static readonly JsonNode Root = JsonNode.Parse("""
        {"kind":"List","items":[
          {"metadata":{"name":"a","labels":{"app.kubernetes.io/name":"x"}},"n":1,"c":[{"image":"i1"},{"image":"i2"}]},
          {"metadata":{"name":"b"},"n":2,"c":[{"image":"i3"}],"ready":"True"}]}
        """)!;

    [Theory]
    [InlineData("{.kind}", "List")]
    [InlineData("kind is {.kind}", "kind is List")]
    [InlineData("{.items[0].metadata.name}", "a")]
    [InlineData("{.items[-1].metadata.name}", "b")]
    [InlineData("{.items[*].metadata.name}", "a b")]
    [InlineData("{.items[*]['metadata.name','n']}", "1 2")]
    [InlineData("{.items[0:1].n}", "1")]
    [InlineData("{..image}", "i1 i2 i3")]
    [InlineData("{.items[?(@.n==2)].metadata.name}", "b")]
    [InlineData("{.items[?(@.n>=1)].metadata.name}", "a b")]
    [InlineData("{.items[?(@.metadata.name==\"a\")].n}", "1")]
    [InlineData("{.items[?(@.ready)].metadata.name}", "b")]
    [InlineData("{range .items[*]}{.metadata.name}{\"\\t\"}{.n}{\"\\n\"}{end}", "a\t1\nb\t2\n")]
    [InlineData("{.items[0].metadata.labels.app\\.kubernetes\\.io/name}", "x")]
    [InlineData("{.items[0].metadata.labels['app\\.kubernetes\\.io/name']}", "x")]
    [InlineData("{.items[1].c}", """[{"image":"i3"}]""")]
    [InlineData("{.nope}", "")]
    [InlineData("{$.kind}", "List")]
    public void TemplatesSelectWhatKubectlSelects(string template, string expected) =>
        Assert.Equal(expected, JsonPathTemplate.Parse(template, relaxed: true).Execute(Root));

    [Fact]
    public void AnIndexBeyondTheEndIsAnError() => Assert.Equal(
        "array index out of bounds: index 5, length 2", Assert.Throws<JsonPathException>(() => JsonPathTemplate.Parse("{.items[5]}").Execute(Root)).Message);

    [Theory]
    [InlineData("{{range .items}}{{.metadata.name}}{{\"\\n\"}}{{end}}", "a\nb\n")]
    [InlineData("{{len .items}}{{if eq .kind \"List\"}} yes{{else}} no{{end}}", "2 yes")]
    [InlineData("{{.nope}}", "<no value>")]
    [InlineData("{{printf \"%s-%s\" .kind \"x\"}}", "List-x")]
    public void TheCommonPartOfGoTemplatesWorks(string template, string expected) =>
        Assert.Equal(expected, GoTemplate.Parse(template).Execute(Root));
}
