namespace Kobune.Api.Tests;

using System.Text.Json;

/// <summary>Our schema files against the facts of the reference, field by field, when the facts lie beside the repository.</summary>
public sealed class FactsTests
{
    private static readonly string? Facts = FindFacts();

    public static TheoryData<string> Packages()
    {
        var data = new TheoryData<string>();
        foreach (var file in TypeSchema.Files)
        {
            data.Add(file);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void EveryFieldIsAsTheFactsSay(string file)
    {
        Assert.SkipWhen(Facts == null, "api-facts are not beside the repository");
        var package = SchemaLibrary.Parse(file).Package["io.k8s.".Length..];
        var path = Path.Combine(Facts!, $"types_{package}.json");
        Assert.SkipUnless(File.Exists(path), "no type facts for " + package);
        using var facts = JsonDocument.Parse(File.ReadAllBytes(path));
        var wrong = new List<string>();
        foreach (var type in facts.RootElement.GetProperty("types").EnumerateObject())
        {
            if (type.Value.GetProperty("fields").GetArrayLength() == 0 || type.Name.EndsWith("List", StringComparison.Ordinal))
            {
                continue;
            }

            Compare(file, type, wrong);
        }

        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    [Fact]
    public void DiscoveryIsAsTheFactsSay()
    {
        Assert.SkipWhen(Facts == null, "api-facts are not beside the repository");
        using var facts = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Facts!, "discovery.json")));
        var wrong = new List<string>();
        foreach (var group in facts.RootElement.EnumerateObject().Where(g => !g.Name.Contains("alpha") && !g.Name.Contains("beta")))
        {
            var gvk = GroupVersionKind.From(group.Name, "");
            foreach (var r in group.Value.EnumerateArray())
            {
                var name = r.GetProperty("name").GetString()!.Split('/');
                var info = ResourceInfo.Find(gvk.Group, gvk.Version, name[0]);
                var verbs = r.GetProperty("verbs").EnumerateArray().Select(v => v.GetString()!);
                var ours = name.Length == 1 ? info?.Verbs : info?.Subresource(name[1])?.Verbs;
                if (ours == null || !verbs.SequenceEqual(ours) || info!.Namespaced != r.GetProperty("namespaced").GetBoolean())
                {
                    wrong.Add($"{group.Name} {string.Join('/', name)}");
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    private static void Compare(string file, JsonProperty type, List<string> wrong)
    {
        TypeSchema ours;
        try
        {
            ours = TypeSchema.BuiltIn(file, type.Name);
        }
        catch (KeyNotFoundException)
        {
            wrong.Add($"{type.Name} is missing");
            return;
        }

        var names = type.Value.GetProperty("fields").EnumerateArray().Select(f => f.GetProperty("name").GetString()!).ToHashSet();
        wrong.AddRange(ours.Fields.Where(f => !names.Contains(f.JsonName)).Select(f => $"{type.Name}.{f.JsonName} is not in the facts"));
        foreach (var fact in type.Value.GetProperty("fields").EnumerateArray())
        {
            var name = fact.GetProperty("name").GetString()!;
            if (!ours.TryGetField(name, out var field))
            {
                wrong.Add($"{type.Name}.{name} is missing");
                continue;
            }

            foreach (var (what, same) in Checks(fact, field))
            {
                if (!same)
                {
                    wrong.Add($"{type.Name}.{name}: {what}");
                }
            }
        }
    }

    private static IEnumerable<(string What, bool Same)> Checks(JsonElement fact, FieldSchema field)
    {
        yield return ("type", TypeMatches(fact.GetProperty("type").GetString()!, field));
        if (fact.TryGetProperty("proto", out var number))
        {
            yield return ("wire number", number.GetInt32() == field.WireNumber);
            yield return ("pointer", fact.GetProperty("pointer").GetBoolean() == field.Pointer || field.Kind is FieldKind.List or FieldKind.Map);
            yield return ("omitempty", fact.GetProperty("omitempty").GetBoolean() == field.OmitEmpty);
        }

        yield return ("required", fact.TryGetProperty("required", out _) == field.Required || field.WireNumber == 0);
        if (field.Kind == FieldKind.List)
        {
            var listType = fact.TryGetProperty("list-type", out var l) ? l.GetString()! : "atomic";
            yield return ("list type", listType.Equals(field.ListType.ToString(), StringComparison.OrdinalIgnoreCase));
            yield return ("list keys", Strings(fact, "list-map-keys").SequenceEqual(field.MapKeys));
        }

        var strategies = fact.TryGetProperty("patch-strategy", out var p) ? p.GetString()!.Split(',') : [];
        yield return ("patch strategy", strategies.SequenceEqual(field.PatchStrategies));
        yield return ("merge key", (fact.TryGetProperty("patch-merge-key", out var key) ? key.GetString() : "") == field.PatchMergeKey);
        yield return ("default", !fact.TryGetProperty("default", out var d) ? field.Default == null
            : field.Default != null && JsonElement.DeepEquals(d, JsonDocument.Parse(field.Default).RootElement));
    }

    private static bool TypeMatches(string fact, FieldSchema field)
    {
        if (fact.StartsWith("[]", StringComparison.Ordinal))
        {
            return field.Kind == FieldKind.List && TypeMatches(fact[2..], field.Element!);
        }

        if (fact.StartsWith("map[string]", StringComparison.Ordinal))
        {
            return field.Kind == FieldKind.Map && TypeMatches(fact["map[string]".Length..], field.Element!);
        }

        var last = fact[(fact.LastIndexOf('.') + 1)..];
        return field.Kind switch
        {
            FieldKind.Struct => field.Type!.FullName == fact,
            FieldKind.Any => last is "RawExtension" or "JSON" or "FieldsV1" || last.StartsWith("JSONSchemaPropsOr", StringComparison.Ordinal),
            FieldKind.String => fact == "string",
            FieldKind.Boolean => fact == "boolean",
            FieldKind.Int32 => fact == "integer:int32",
            FieldKind.Int64 => fact == "integer:int64",
            FieldKind.Double => fact == "number:double",
            FieldKind.Bytes => fact == "string:byte",
            var kind => last == kind.ToString(),
        };
    }

    private static IEnumerable<string> Strings(JsonElement e, string name) =>
        e.TryGetProperty(name, out var list) ? list.EnumerateArray().Select(x => x.GetString()!) : [];

    private static string? FindFacts()
    {
        for (var dir = new DirectoryInfo(AppContext.BaseDirectory); dir != null; dir = dir.Parent)
        {
            var facts = Path.Combine(dir.FullName, "shared", "api-facts");
            if (Directory.Exists(facts))
            {
                return facts;
            }
        }

        return null;
    }
}
