using System.Text;
using System.Text.Json.Nodes;
using Kobune.Api.JsonPaths;

namespace Kobune.Kubectl.Output;

/// <summary>
/// The part of Go's text/template that people type after -o go-template: fields, variables-free range, if/else, with,
/// end, comparison and printing functions, pipes, base64decode. Anything else is an error that says so.
/// </summary>
internal sealed class GoTemplate
{
    private readonly IReadOnlyList<Node> _nodes;

    private GoTemplate(IReadOnlyList<Node> nodes) => _nodes = nodes;

    public static GoTemplate Parse(string text)
    {
        var tokens = Tokens(text);
        var at = 0;
        var nodes = Read(tokens, ref at, out var end);
        return end is null ? new GoTemplate(nodes) : throw new JsonPathException($"template: output:1: unexpected {{{{{end}}}}}");
    }

    public string Execute(JsonNode? root)
    {
        var output = new StringBuilder();
        Run(_nodes, root, root, output);
        return output.ToString();
    }

    private static List<(bool Action, string Text)> Tokens(string text)
    {
        var tokens = new List<(bool, string)>();
        for (var at = 0; at < text.Length;)
        {
            var open = text.IndexOf("{{", at, StringComparison.Ordinal);
            if (open < 0)
            {
                tokens.Add((false, text[at..]));
                break;
            }

            var close = text.IndexOf("}}", open, StringComparison.Ordinal);
            if (close < 0)
            {
                throw new JsonPathException("template: output:1: unclosed action");
            }

            var before = text[at..open];
            var inner = text[(open + 2)..close];
            if (inner.StartsWith("- ", StringComparison.Ordinal))
            {
                before = before.TrimEnd();
                inner = inner[2..];
            }

            at = close + 2;
            if (inner.EndsWith(" -", StringComparison.Ordinal))
            {
                inner = inner[..^2];
                while (at < text.Length && char.IsWhiteSpace(text[at]))
                {
                    at++;
                }
            }

            if (before.Length > 0)
            {
                tokens.Add((false, before));
            }

            tokens.Add((true, inner.Trim()));
        }

        return tokens;
    }

    private static List<Node> Read(List<(bool Action, string Text)> tokens, ref int at, out string? end)
    {
        var nodes = new List<Node>();
        while (at < tokens.Count)
        {
            var (action, text) = tokens[at++];
            if (!action)
            {
                nodes.Add(new TextNode(text));
                continue;
            }

            if (text == "end" || text == "else" || text.StartsWith("else if ", StringComparison.Ordinal))
            {
                end = text;
                return nodes;
            }

            var word = text.Split(' ', 2)[0];
            if (word is "range" or "if" or "with")
            {
                nodes.Add(Block(word, text[word.Length..].Trim(), tokens, ref at));
            }
            else if (!text.StartsWith("/*", StringComparison.Ordinal))
            {
                nodes.Add(new PrintNode(text));
            }
        }

        end = null;
        return nodes;
    }

    private static BlockNode Block(string word, string condition, List<(bool Action, string Text)> tokens, ref int at)
    {
        var body = Read(tokens, ref at, out var end);
        if (end is null)
        {
            throw new JsonPathException("template: output:1: unexpected EOF");
        }

        IReadOnlyList<Node> otherwise = [];
        if (end == "else")
        {
            otherwise = Read(tokens, ref at, out _);
        }
        else if (end.StartsWith("else if ", StringComparison.Ordinal))
        {
            otherwise = [Block("if", end["else if ".Length..], tokens, ref at)];
        }

        return new BlockNode(word, condition, body, otherwise);
    }

    private static void Run(IReadOnlyList<Node> nodes, JsonNode? dot, JsonNode? root, StringBuilder output)
    {
        foreach (var node in nodes)
        {
            switch (node)
            {
                case TextNode text:
                    output.Append(text.Text);
                    break;
                case PrintNode print:
                    output.Append(GoTemplateExpression.Show(GoTemplateExpression.Evaluate(print.Expression, dot, root)));
                    break;
                case BlockNode block:
                    Run(block, dot, root, output);
                    break;
            }
        }
    }

    private static void Run(BlockNode block, JsonNode? dot, JsonNode? root, StringBuilder output)
    {
        var value = GoTemplateExpression.Evaluate(block.Condition, dot, root);
        if (!GoTemplateExpression.IsTrue(value))
        {
            Run(block.Otherwise, dot, root, output);
            return;
        }

        IEnumerable<JsonNode?> items = block.Word != "range" ? [block.Word == "with" ? value : dot]
            : value switch
            {
                JsonArray list => list,
                JsonObject map => map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => p.Value),
                _ => throw new JsonPathException($"range can't iterate over {GoTemplateExpression.Show(value)}"),
            };
        foreach (var item in items.ToArray())
        {
            Run(block.Body, item, root, output);
        }
    }

    private abstract record Node;

    private sealed record TextNode(string Text) : Node;

    private sealed record PrintNode(string Expression) : Node;

    private sealed record BlockNode(string Word, string Condition, IReadOnlyList<Node> Body, IReadOnlyList<Node> Otherwise) : Node;
}
