using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Kobune.Client.Yaml;

/// <summary>
/// Writes block YAML with the choices of libyaml that Kubernetes users see: plain where possible, single quotes where
/// punctuation forbids it, double quotes where the text would be read as another type, literal blocks for lines.
/// </summary>
internal static class YamlFormatter
{
    private const int BestWidth = 80;

    public static string Format(JsonNode? node)
    {
        var output = new StringBuilder();
        switch (node)
        {
            case JsonObject { Count: > 0 } map:
                Mapping(output, map, 0);
                break;
            case JsonArray { Count: > 0 } list:
                Sequence(output, list, 0);
                break;
            default:
                Scalar(output, node, 0, 0);
                break;
        }

        return output.ToString();
    }

    private static void Mapping(StringBuilder output, JsonObject map, int indent)
    {
        var first = true;
        foreach (var (key, value) in map)
        {
            if (!first || output.Length == 0 || output[^1] == '\n')
            {
                output.Append(' ', indent);
            }

            first = false;
            var start = output.Length;
            YamlText.WriteKey(output, key);
            output.Append(':');
            switch (value)
            {
                case JsonObject { Count: > 0 } child:
                    output.Append('\n');
                    Mapping(output, child, indent + 2);
                    break;
                case JsonArray { Count: > 0 } child:
                    output.Append('\n');
                    Sequence(output, child, indent);
                    break;
                default:
                    output.Append(' ');
                    Scalar(output, value, indent + 2, indent + output.Length - start);
                    break;
            }
        }
    }

    private static void Sequence(StringBuilder output, JsonArray list, int indent)
    {
        var first = true;
        foreach (var item in list)
        {
            if (!first || output.Length == 0 || output[^1] == '\n')
            {
                output.Append(' ', indent);
            }

            first = false;
            output.Append("- ");
            switch (item)
            {
                case JsonObject { Count: > 0 } child:
                    Mapping(output, child, indent + 2);
                    break;
                case JsonArray { Count: > 0 } child:
                    Sequence(output, child, indent + 2);
                    break;
                default:
                    Scalar(output, item, indent + 2, indent + 2);
                    break;
            }
        }
    }

    private static void Scalar(StringBuilder output, JsonNode? node, int indent, int column)
    {
        switch (node)
        {
            case null:
                output.Append("null\n");
                break;
            case JsonObject:
                output.Append("{}\n");
                break;
            case JsonArray:
                output.Append("[]\n");
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                YamlText.Write(output, value.GetValue<string>(), indent, column, BestWidth);
                output.Append('\n');
                break;
            default:
                output.Append(node.ToJsonString()).Append('\n');
                break;
        }
    }
}
