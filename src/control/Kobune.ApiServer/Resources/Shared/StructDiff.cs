using System.Text;
using System.Text.Json;
using Kobune.Api;

namespace Kobune.ApiServer.Resources.Shared;

/// <summary>
/// What differs between two values, for "may not change" messages: a line with - and one with + per field that changed.
/// The reference prints Go's structs here; nobody parses it, but people read it.
/// </summary>
internal static class StructDiff
{
    private const int MaxLines = 40;

    public static string Of(string type, ApiStruct old, ApiStruct value)
    {
        using var before = JsonDocument.Parse(old.ToString());
        using var after = JsonDocument.Parse(value.ToString());
        var lines = new List<string>();
        Compare("", before.RootElement, after.RootElement, lines);
        var text = new StringBuilder().Append("  ").Append(type).Append("{\n");
        foreach (var line in lines.Take(MaxLines))
        {
            text.Append(line).Append('\n');
        }

        return text.Append("  }\n").ToString();
    }

    private static void Compare(string path, JsonElement? old, JsonElement? value, List<string> lines)
    {
        if (old is { ValueKind: JsonValueKind.Object } o && value is { ValueKind: JsonValueKind.Object } v)
        {
            foreach (var name in o.EnumerateObject().Select(p => p.Name).Union(v.EnumerateObject().Select(p => p.Name)))
            {
                Compare(path.Length == 0 ? name : path + "." + name, Member(o, name), Member(v, name), lines);
            }
        }
        else if (old is { ValueKind: JsonValueKind.Array } a && value is { ValueKind: JsonValueKind.Array } b)
        {
            for (var i = 0; i < Math.Max(a.GetArrayLength(), b.GetArrayLength()); i++)
            {
                Compare($"{path}[{i}]", i < a.GetArrayLength() ? a[i] : null, i < b.GetArrayLength() ? b[i] : null, lines);
            }
        }
        else if (old?.GetRawText() != value?.GetRawText())
        {
            Line('-', path, old, lines);
            Line('+', path, value, lines);
        }
    }

    private static JsonElement? Member(JsonElement of, string name) => of.TryGetProperty(name, out var member) ? member : null;

    private static void Line(char sign, string path, JsonElement? value, List<string> lines)
    {
        if (value is { } present)
        {
            lines.Add($"{sign} \t{path}: {present.GetRawText()},");
        }
    }
}
