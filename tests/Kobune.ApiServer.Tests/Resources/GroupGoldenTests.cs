using System.Text;
using Kobune.Api;
using Kobune.ApiServer.Authentication;
using Kobune.ApiServer.Resources;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Tests.Resources;

/// <summary>
/// Golden folders: beside name.yaml stands name.expected.yaml, the object with defaults and what its creation sets, or
/// name.errors, what validation says. A second document in name.yaml is an update of the first; with a status change it
/// is a status update. UPDATE_GOLDEN=folder writes what comes out, for review.
/// </summary>
public sealed class GroupGoldenTests
{
    public static TheoryData<string> Inputs => [.. Directory.GetFiles(Root, "*.yaml", SearchOption.AllDirectories)
        .Where(f => !f.EndsWith(".expected.yaml", StringComparison.Ordinal)).Select(f => Path.GetRelativePath(Root, f)).Order(StringComparer.Ordinal)];

    private static string Root => Path.Combine(AppContext.BaseDirectory, "Resources", "Groups");

    [Theory]
    [MemberData(nameof(Inputs))]
    public void ComesOutAsExpected(string input)
    {
        var (yaml, errors) = Run(KubeYaml.ToJson(File.ReadAllText(Path.Combine(Root, input))).ToList());
        var name = Path.ChangeExtension(input, null);
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") is { } folder)
        {
            File.WriteAllText(Path.Combine(folder, name + (errors.Length > 0 ? ".errors" : ".expected.yaml")), errors.Length > 0 ? errors : yaml);
            return;
        }

        var expectedErrors = Path.Combine(Root, name + ".errors");
        Assert.Equal(File.Exists(expectedErrors) ? File.ReadAllText(expectedErrors) : "", errors);
        if (errors.Length == 0)
        {
            Assert.Equal(File.ReadAllText(Path.Combine(Root, name + ".expected.yaml")), yaml);
        }
    }

    private static (string Yaml, string Errors) Run(List<byte[]> documents)
    {
        var context = new WriteContext(UserInfo.Of("alice", "developers"), DateTimeOffset.UnixEpoch, false, "test");
        var (obj, hooks) = Read(documents[0]);
        obj.Metadata.Uid = "6c3f1c5e-0000-4000-8000-000000000001";
        hooks.PrepareForCreate(obj, context);
        var errors = new FieldErrorList();
        hooks.Validate(obj, errors);
        if (documents.Count > 1)
        {
            Assert.Empty(errors.Causes);
            var old = obj;
            (obj, _) = Read(documents[1]);
            obj.Metadata.Uid = old.Metadata.Uid;
            hooks.PrepareForUpdate(obj, old, context);
            hooks.ValidateUpdate(obj, old, errors);
        }

        return (KubeYaml.Write(obj), string.Concat(errors.Causes.Select(c => $"{c.Field}: {c.Message}\n")));
    }

    private static (KubeObject Object, IResourceHooks Hooks) Read(byte[] json)
    {
        using var head = System.Text.Json.JsonDocument.Parse(json);
        var kind = GroupVersionKind.From(head.RootElement.GetProperty("apiVersion").GetString()!, head.RootElement.GetProperty("kind").GetString()!);
        var info = ResourceInfo.FindKind(kind.Group, kind.Version, kind.Kind)!;
        var hooks = Table[info.QualifiedPlural];
        var obj = KubeJson.Read(info, json);
        hooks.Default(obj);
        return (obj, hooks);
    }

    private static Dictionary<string, IResourceHooks> Table { get; } = ResourceHooksTable.Create(new TestServices().Services);
}
