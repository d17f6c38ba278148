using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Api.ApiExtensions.V1;
using Kobune.ApiServer.CustomResources.Schemas;

namespace Kobune.ApiServer.Cel;

/// <summary>JSON as its schema says it is: dates, durations and bytes are values of their own, numbers are doubles where the schema says number.</summary>
internal static class SchemaValue
{
    private static readonly HashSet<string> Keywords = new(StringComparer.Ordinal)
    {
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package", "namespace", "return", "var", "void", "while",
    };

    public static object? Of(JsonNode? node, JSONSchemaProps? schema)
    {
        if (schema is null || node is null)
        {
            return CelJson.Of(node);
        }

        return node switch
        {
            JsonObject map when schema.Properties.Count > 0 || SchemaNodes.ValuesOf(schema) is not null => new SchemaMap(map, schema),
            JsonArray list => new SchemaList(list, schema),
            JsonValue value => Scalar(value, schema),
            _ => CelJson.Of(node),
        };
    }

    private static object? Scalar(JsonValue value, JSONSchemaProps schema)
    {
        var plain = CelJson.Scalar(value);
        return (plain, schema.Type, schema.Format) switch
        {
            (long n, "number", _) => (double)n,
            (double d, "integer", _) when d == Math.Floor(d) => (long)d,
            (string s, "string", "date-time" or "datetime") when KubeTime.TryParse(s, out var time) => time,
            (string s, "string", "date") when DateTimeOffset.TryParse(s, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) => date,
            (string s, "string", "duration") when GoDuration.TryParse(s, out var span) => span,
            (string s, "string", "byte") => Bytes(s),
            _ => plain,
        };
    }

    private static object Bytes(string text)
    {
        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException)
        {
            return text;
        }
    }

    /// <summary>A field's name as expressions write it: what is no identifier is escaped.</summary>
    public static string? Escaped(string name)
    {
        if (Keywords.Contains(name))
        {
            return $"__{name}__";
        }

        var result = new StringBuilder(name.Length);
        for (var i = 0; i < name.Length; i++)
        {
            switch (name[i])
            {
                case '_' when i + 1 < name.Length && name[i + 1] == '_':
                    result.Append("__underscores__");
                    i++;
                    break;
                case '.': result.Append("__dot__"); break;
                case '-': result.Append("__dash__"); break;
                case '/': result.Append("__slash__"); break;
                case var c when char.IsAsciiLetterOrDigit(c) || c == '_':
                    if (i == 0 && char.IsAsciiDigit(c))
                    {
                        return null;
                    }

                    result.Append(c);
                    break;
                default: return null;
            }
        }

        return result.ToString();
    }

    private sealed class SchemaMap(JsonObject node, JSONSchemaProps schema) : ICelMap
    {
        private bool IsStruct => schema.Properties.Count > 0;

        public int Count => node.Count;

        public IEnumerable<object> Keys => node.Select(p => (object)p.Key);

        public bool TryGet(object key, out object? value)
        {
            value = null;
            if (key is not string name)
            {
                return false;
            }

            if (!node.TryGetPropertyValue(name, out var member))
            {
                if (!IsStruct || !name.Contains("__", StringComparison.Ordinal) || node.FirstOrDefault(p => Escaped(p.Key) == name) is not { Key: { } real } found)
                {
                    return false;
                }

                name = real;
                member = found.Value;
            }

            if (IsStruct && member is null && SchemaNodes.PropertyOf(schema, name)?.Nullable != true)
            {
                return false;
            }

            value = Of(member, SchemaNodes.PropertyOf(schema, name) ?? SchemaNodes.ValuesOf(schema));
            return true;
        }
    }

    private sealed class SchemaList(JsonArray node, JSONSchemaProps schema) : ICelList
    {
        public int Count => node.Count;
        public object? this[int index] => Of(node[index], SchemaNodes.ItemsOf(schema));
    }
}
