using System.Text;
using System.Text.Json.Nodes;

namespace Kobune.Api.JsonPaths;

/// <summary>
/// A kubectl JSONPath template: text with expressions in braces, {range}…{end} over lists. What matches is joined by
/// spaces; objects and lists are shown as JSON.
/// </summary>
public sealed class JsonPathTemplate
{
    private readonly IReadOnlyList<Node> _nodes;

    private JsonPathTemplate(IReadOnlyList<Node> nodes) => _nodes = nodes;

    /// <summary>Reads a template; with <paramref name="relaxed"/> also the brace-less forms ".a.b" and "a.b" of custom columns.</summary>
    /// <exception cref="JsonPathException">The template is malformed.</exception>
    public static JsonPathTemplate Parse(string template, bool relaxed = false)
    {
        if (relaxed && !template.Contains('{', StringComparison.Ordinal))
        {
            template = "{" + (template.StartsWith('.') || template.StartsWith('[') || template.StartsWith('$') ? template : "." + template) + "}";
        }

        var at = 0;
        return new JsonPathTemplate(ReadNodes(template, ref at, inRange: false));
    }

    /// <exception cref="JsonPathException">A field or index does not exist and <paramref name="allowMissing"/> is false; an index never exists silently.</exception>
    public string Execute(JsonNode? root, bool allowMissing = true)
    {
        var output = new StringBuilder();
        Execute(_nodes, root, root, allowMissing, output);
        return output.ToString();
    }

    /// <summary>The values that the expressions select, without turning them into text.</summary>
    public IReadOnlyList<JsonNode?> Find(JsonNode? root, bool allowMissing = true) =>
        [.. _nodes.OfType<ExpressionNode>().SelectMany(e => e.Path.Evaluate(root, root, allowMissing))];

    private static void Execute(IReadOnlyList<Node> nodes, JsonNode? root, JsonNode? current, bool allowMissing, StringBuilder output)
    {
        foreach (var node in nodes)
        {
            switch (node)
            {
                case TextNode text:
                    output.Append(text.Text);
                    break;
                case RangeNode range:
                    foreach (var item in range.Path.Evaluate(root, current, allowMissing).SelectMany(i => i is JsonArray list ? list.ToArray() : [i]))
                    {
                        Execute(range.Body, root, item, allowMissing, output);
                    }

                    break;
                case ExpressionNode expression:
                    output.AppendJoin(' ', expression.Path.Evaluate(root, current, allowMissing).Select(Show));
                    break;
            }
        }
    }

    private static string Show(JsonNode? node) => node switch
    {
        null => "",
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        _ => GoJson.Compact(node),
    };

    private static List<Node> ReadNodes(string template, ref int at, bool inRange)
    {
        var nodes = new List<Node>();
        while (at < template.Length)
        {
            var open = template.IndexOf('{', at);
            if (open < 0)
            {
                nodes.Add(new TextNode(template[at..]));
                at = template.Length;
                break;
            }

            if (open > at)
            {
                nodes.Add(new TextNode(template[at..open]));
            }

            var inner = Inner(template, open, out at);
            if (inner == "end")
            {
                return inRange ? nodes : throw new JsonPathException("not in range, nothing to end");
            }

            if (inner.StartsWith("range", StringComparison.Ordinal) && (inner.Length == 5 || !char.IsLetterOrDigit(inner[5])))
            {
                nodes.Add(new RangeNode(PathExpression.Parse(inner[5..].Trim()), ReadNodes(template, ref at, inRange: true)));
            }
            else if (inner.Length > 0 && inner[0] is '"' or '\'')
            {
                nodes.Add(new TextNode(PathExpression.Unquote(inner)));
            }
            else
            {
                nodes.Add(new ExpressionNode(PathExpression.Parse(inner)));
            }
        }

        return inRange ? throw new JsonPathException("unclosed action") : nodes;
    }

    private static string Inner(string template, int open, out int next)
    {
        var quote = '\0';
        for (var i = open + 1; i < template.Length; i++)
        {
            var c = template[i];
            if (quote != '\0')
            {
                if (c == '\\')
                {
                    i++;
                }
                else if (c == quote)
                {
                    quote = '\0';
                }
            }
            else if (c is '"' or '\'')
            {
                quote = c;
            }
            else if (c == '}')
            {
                next = i + 1;
                return template[(open + 1)..i].Trim();
            }
        }

        throw new JsonPathException("unclosed action");
    }

    private abstract record Node;

    private sealed record TextNode(string Text) : Node;

    private sealed record ExpressionNode(PathExpression Path) : Node;

    private sealed record RangeNode(PathExpression Path, IReadOnlyList<Node> Body) : Node;
}

/// <summary>A JSONPath that cannot be read or executed.</summary>
public sealed class JsonPathException(string message) : Exception(message);
