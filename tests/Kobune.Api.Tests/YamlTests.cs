namespace Kobune.Api.Tests;

using System.Text;

public sealed class YamlTests
{
    [Theory]
    [InlineData("a: yes", """{"a":true}""")]
    [InlineData("a: \"yes\"", """{"a":"yes"}""")]
    [InlineData("y: off", """{"true":false}""")]
    [InlineData("a: 0644", """{"a":420}""")]
    [InlineData("a: 0o17", """{"a":15}""")]
    [InlineData("a: 0x1F", """{"a":31}""")]
    [InlineData("a: 1_000", """{"a":1000}""")]
    [InlineData("a: 08", """{"a":8}""")]
    [InlineData("a: 1.50", """{"a":1.5}""")]
    [InlineData("a: 1e3", """{"a":1000}""")]
    [InlineData("a: ~\nb:", """{"a":null,"b":null}""")]
    [InlineData("a: 2024-01-01T00:00:00Z", """{"a":"2024-01-01T00:00:00Z"}""")]
    [InlineData("a: 12:30:45", """{"a":"12:30:45"}""")]
    [InlineData("80: x\ntrue: z", """{"80":"x","true":"z"}""")]
    [InlineData("a: !!str 12", """{"a":"12"}""")]
    [InlineData("b: &x {k: 1}\nc: *x", """{"b":{"k":1},"c":{"k":1}}""")]
    [InlineData("b: &x {k: 1, l: 2}\nc:\n  l: 3\n  <<: *x", """{"b":{"k":1,"l":2},"c":{"l":3,"k":1}}""")]
    [InlineData("a: |\n  x\n  y\n", """{"a":"x\ny\n"}""")]
    [InlineData("a: >-\n  x\n  y\n", """{"a":"x y"}""")]
    [InlineData("- 1\n- a", """[1,"a"]""")]
    [InlineData("{\"a\": 1.0}", """{"a": 1.0}""")]
    [InlineData("a: 18446744073709551615", """{"a":18446744073709551615}""")]
    public void ScalarsFollowYaml11(string yaml, string json) =>
        Assert.Equal(json, Encoding.UTF8.GetString(KubeYaml.ToJsonOne(yaml)));

    [Fact]
    public void DocumentsSplitAtDashes()
    {
        var all = KubeYaml.ToJson("# first\n---\na: 1\n--- # two\nb: 2\n---\n\n---\n").Select(Encoding.UTF8.GetString);
        Assert.Equal(["""{"a":1}""", """{"b":2}"""], all);
        Assert.Equal(["""{"a":1}""", """{"b":2}"""], KubeYaml.ToJson("{\"a\":1}\n{\"b\":2}").Select(Encoding.UTF8.GetString));
    }

    [Theory]
    [InlineData("a: 1\nb: 2\na: 3\n", "error converting YAML to JSON: yaml: unmarshal errors:\n  line 3: key \"a\" already set in map")]
    [InlineData("a: b: c\n", "error converting YAML to JSON: yaml: mapping values are not allowed in this context")]
    [InlineData("x: 1\na: b: c\n", "error converting YAML to JSON: yaml: line 2: mapping values are not allowed in this context")]
    [InlineData("a:\n\t- b\n", "error converting YAML to JSON: yaml: line 2: found character that cannot start any token")]
    [InlineData("a: 1\n  b: 2\n", "error converting YAML to JSON: yaml: line 2: mapping values are not allowed in this context")]
    [InlineData("a: *x\n", "error converting YAML to JSON: yaml: unknown anchor 'x' referenced")]
    public void ErrorsAreWordedAsClientsExpect(string yaml, string message) =>
        Assert.Equal(message, Assert.Throws<KubeDecodeException>(() => KubeYaml.ToJsonOne(yaml)).Message);

    [Fact]
    public void LastKeyCountsWhenNotStrict() =>
        Assert.Equal("""{"a":3}""", Encoding.UTF8.GetString(KubeYaml.ToJsonOne("a: 1\na: 3", strict: false)));

    [Theory]
    [InlineData("""{"b":1,"a":"x"}""", "a: x\nb: 1\n")]
    [InlineData("""{"a":["x",{"n":"c","m":[1]}],"e":[],"o":{}}""", "a:\n- x\n- m:\n  - 1\n  \"n\": c\ne: []\no: {}\n")]
    [InlineData("""{"a":"yes","b":"1","c":"","d":"null","e":"2024-01-01T00:00:00Z","f":"1:20"}""", "a: \"yes\"\nb: \"1\"\nc: \"\"\nd: \"null\"\ne: \"2024-01-01T00:00:00Z\"\nf: \"1:20\"\n")]
    [InlineData("""{"a":"x\ny\n","b":"x\ny","c":"x\n\n"}""", "a: |\n  x\n  y\nb: |-\n  x\n  y\nc: |+\n  x\n\n")]
    [InlineData("""{"a":"- x","b":"a: b","c":"{x}","d":"it's","e":"'q","f":"a\tb","g":"#","h":" s","i":"*"}""", "a: '- x'\nb: 'a: b'\nc: '{x}'\nd: it's\ne: '''q'\nf: \"a\\tb\"\ng: '#'\nh: ' s'\ni: '*'\n")]
    [InlineData("""{"a":"x \ny"}""", "a: \"x \\ny\"\n")]
    [InlineData("""[{"a":1},[2,3],"s"]""", "- a: 1\n- - 2\n  - 3\n- s\n")]
    [InlineData("""{"a10":1,"a2":2,"B":3,"a":4,"-":5}""", "'-': 5\nB: 3\na: 4\na2: 2\na10: 1\n")]
    [InlineData("""{"a":{"b":{"c":null,"d":true,"e":1.5,"f":1e30}}}""", "a:\n  b:\n    c: null\n    d: true\n    e: 1.5\n    f: 1e+30\n")]
    [InlineData("\"x\"", "x\n")]
    public void OutputIsKubectlsStyle(string json, string yaml) => Assert.Equal(yaml, KubeYaml.FromJson(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void LongTextFoldsAfterColumn80()
    {
        var text = string.Join(' ', Enumerable.Repeat("abcdefghi", 20));
        var yaml = KubeYaml.FromJson(Encoding.UTF8.GetBytes("{\"m\":{\"message\":\"" + text + "\"}}"));
        Assert.All(yaml.Split('\n'), l => Assert.True(l.Length < 95, l));
        Assert.Equal(text, System.Text.Json.JsonDocument.Parse(KubeYaml.ToJsonOne(yaml)).RootElement.GetProperty("m").GetProperty("message").GetString());
    }
}
