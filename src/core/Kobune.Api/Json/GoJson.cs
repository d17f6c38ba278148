using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Kobune.Api;

/// <summary>JSON as Go writes it: keys in order, four spaces of indent, &lt; &gt; &amp; and the line separators escaped, all else as it is.</summary>
public static class GoJson
{
    public static string Compact(JsonNode? node) => Write(node, indent: -1);

    public static string Indented(JsonNode? node) => Write(node, indent: 0);

    private static string Write(JsonNode? node, int indent)
    {
        var output = new StringBuilder();
        Write(output, node, indent);
        return output.ToString();
    }

    private static void Write(StringBuilder output, JsonNode? node, int indent)
    {
        switch (node)
        {
            case JsonObject map:
                Block(output, '{', '}', map.OrderBy(p => p.Key, StringComparer.Ordinal), indent, p =>
                {
                    Text(output, p.Key);
                    output.Append(indent < 0 ? ":" : ": ");
                    Write(output, p.Value, indent < 0 ? -1 : indent + 1);
                });
                break;
            case JsonArray list:
                Block(output, '[', ']', list, indent, i => Write(output, i, indent < 0 ? -1 : indent + 1));
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                Text(output, value.GetValue<string>());
                break;
            default:
                output.Append(node?.ToJsonString() ?? "null");
                break;
        }
    }

    private static void Block<T>(StringBuilder output, char open, char close, IEnumerable<T> items, int indent, Action<T> write)
    {
        output.Append(open);
        var empty = true;
        foreach (var item in items)
        {
            if (!empty)
            {
                output.Append(',');
            }

            empty = false;
            if (indent >= 0)
            {
                output.Append('\n').Append(' ', (indent + 1) * 4);
            }

            write(item);
        }

        if (!empty && indent >= 0)
        {
            output.Append('\n').Append(' ', indent * 4);
        }

        output.Append(close);
    }

    private static void Text(StringBuilder output, string text)
    {
        output.Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => output.Append("\\\""),
                '\\' => output.Append("\\\\"),
                '\n' => output.Append("\\n"),
                '\r' => output.Append("\\r"),
                '\t' => output.Append("\\t"),
                '\b' => output.Append("\\b"),
                '\f' => output.Append("\\f"),
                < ' ' or '<' or '>' or '&' or '\u2028' or '\u2029' => output.Append($"\\u{(int)c:x4}"),
                _ => output.Append(c),
            };
        }

        output.Append('"');
    }
}
