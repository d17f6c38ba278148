using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Tests.Resources;

/// <summary>
/// Golden/Defaults: what is written beside what is stored (x.yaml, x.out.yaml). Golden/Errors: what is written beside what is
/// wrong with it (x.yaml, x.txt, one error per line, in any order).
/// </summary>
public sealed class GoldenTests
{
    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Resources", "Golden");

    public static TheoryData<string> Defaults => Names("Defaults");
    public static TheoryData<string> Errors => Names("Errors");

    [Theory]
    [MemberData(nameof(Defaults))]
    public void Defaults_are_the_reference_s(string name)
    {
        var obj = Hooked.Read(Text("Defaults", name + ".yaml"));
        Hooked.Of(obj).Default(obj);
        var expected = JsonNode.Parse(KubeYaml.ToJsonOne(Text("Defaults", name + ".out.yaml")));
        var actual = JsonNode.Parse(KubeJson.Write(obj))!;
        Trim(actual);
        Trim(expected);
        Assert.True(JsonNode.DeepEquals(expected, actual), KubeYaml.FromJson(System.Text.Encoding.UTF8.GetBytes(actual.ToJsonString())));
    }

    [Theory]
    [MemberData(nameof(Defaults))]
    public void Defaulting_twice_changes_nothing(string name)
    {
        var obj = Hooked.Read(Text("Defaults", name + ".yaml"));
        Hooked.Of(obj).Default(obj);
        var once = obj.ToString();
        Hooked.Of(obj).Default(obj);
        Assert.Equal(once, obj.ToString());
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public void Errors_are_the_reference_s(string name)
    {
        var obj = Hooked.Read(Text("Errors", name + ".yaml"));
        var hooks = Hooked.Of(obj);
        hooks.Default(obj);
        var errors = new FieldErrorList();
        hooks.Validate(obj, errors);
        Assert.Equal(
            Text("Errors", name + ".txt").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Order(StringComparer.Ordinal),
            errors.Causes.Select(c => $"{c.Field}: {c.Message}").Order(StringComparer.Ordinal));
    }

    private static TheoryData<string> Names(string folder) =>
        [.. Directory.EnumerateFiles(Path.Combine(Folder, folder), "*.yaml").Where(f => !f.EndsWith(".out.yaml", StringComparison.Ordinal)).Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    private static string Text(string folder, string file) => File.ReadAllText(Path.Combine(Folder, folder, file));

    /// <summary>What the writer always writes and says nothing.</summary>
    private static void Trim(JsonNode? node)
    {
        if (node is JsonObject obj)
        {
            foreach (var (name, value) in obj.ToList())
            {
                Trim(value);
                if (name is "status" or "resources" or "loadBalancer" && value is JsonObject { Count: 0 })
                {
                    obj.Remove(name);
                }
                else if (name == "creationTimestamp" && value is null)
                {
                    obj.Remove(name);
                }
            }
        }
        else if (node is JsonArray list)
        {
            foreach (var item in list)
            {
                Trim(item);
            }
        }
    }
}
