using System.Text.Json.Nodes;
using Kobune.Client.Yaml;

namespace Kobune.Client.Tests.Yaml;

public sealed class PlainYamlTests
{
    /// <summary>What it takes, it must read as the full parser does; what it does not take is null.</summary>
    [Theory]
    [InlineData("apiVersion: v1\nclusters:\n- cluster:\n    server: https://10.0.0.1:6443\n  name: one\ncurrent-context: \"\"\nkind: Config\npreferences: {}\nusers: []\n", true)]
    [InlineData("users:\n  - name: someone\n    user:\n      token: abcdef\n  - name: other-one\n    user: {}\n", true)]
    [InlineData("contexts:\n- context:\n    cluster: c\n    user: u\n  name: x-y\nnothing:\nlast: longer-word\n", true)]
    [InlineData("insecure-skip-tls-verify: true\nargs:\n- get-token\n- --flag\n", false)]
    [InlineData("token: 12345678\n", false)]
    [InlineData("token: \"quoted\"\n", false)]
    [InlineData("token: |\n  block\n", false)]
    [InlineData("a: b # comment\n", false)]
    [InlineData("# comment\na: bcdefg\n", false)]
    [InlineData("a: longer text\n  goes on\n", false)]
    [InlineData("a: yes\n", false)]
    [InlineData("a: null\n", false)]
    [InlineData("a: &x value\n", false)]
    [InlineData("a: bcdefg\na: second\n", false)]
    [InlineData("{\"apiVersion\": \"v1\"}\n", false)]
    [InlineData("  indented: value\n", false)]
    [InlineData("a:\n    deep: thing\n  shallow: thing\n", false)]
    public void Reads_the_plain_as_the_full_parser_does_and_leaves_the_rest(string text, bool plain)
    {
        var read = PlainYaml.TryParse(text);
        Assert.Equal(plain, read is not null);
        if (plain)
        {
            Assert.Equal(YamlTree.Parse(text)!.ToJsonString(), read!.ToJsonString());
        }
    }

    [Fact]
    public void What_our_own_formatter_writes_of_a_kubeconfig_is_plain()
    {
        var config = JsonNode.Parse("""
            {"apiVersion":"v1","clusters":[{"cluster":{"certificate-authority-data":"LS0tLS1CRUdJTiBDRVJU","server":"https://10.89.0.2:6443"},"name":"kobune"}],
             "contexts":[{"context":{"cluster":"kobune","namespace":"default","user":"kobune"},"name":"kobune"}],"current-context":"kobune","kind":"Config",
             "preferences":{},"users":[{"name":"kobune","user":{"client-certificate-data":"LS0tLS1CRUdJTg==","client-key-data":"LS0tLS1CRUdJTg=="}}]}
            """)!;
        Assert.Equal(config.ToJsonString(), PlainYaml.TryParse(YamlTree.Format(config))!.ToJsonString());
    }
}
