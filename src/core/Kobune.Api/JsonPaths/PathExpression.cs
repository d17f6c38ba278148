using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Kobune.Api.JsonPaths;

/// <summary>One expression: steps from the root ($), or the current item (@).</summary>
public sealed class PathExpression
{
    private readonly IReadOnlyList<PathStep> _steps;
    private readonly bool _fromRoot;

    private PathExpression(IReadOnlyList<PathStep> steps, bool fromRoot)
    {
        _steps = steps;
        _fromRoot = fromRoot;
    }

    public static PathExpression Parse(string text)
    {
        var at = 0;
        var root = false;
        if (text.StartsWith('$') || text.StartsWith('@'))
        {
            root = text[0] == '$';
            at = 1;
        }

        var steps = new List<PathStep>();
        while (at < text.Length)
        {
            steps.Add(Step(text, ref at));
        }

        return new PathExpression(steps, root);
    }

    public IReadOnlyList<JsonNode?> Evaluate(JsonNode? root, JsonNode? current, bool allowMissing)
    {
        IReadOnlyList<JsonNode?> nodes = [_fromRoot ? root : current];
        foreach (var step in _steps)
        {
            nodes = [.. nodes.SelectMany(n => step.Apply(n, root, allowMissing))];
        }

        return nodes;
    }

    /// <summary>The text of a quoted literal, its escapes resolved.</summary>
    public static string Unquote(string quoted)
    {
        if (quoted.Length < 2 || quoted[^1] != quoted[0])
        {
            throw new JsonPathException("unterminated quoted string");
        }

        var text = new StringBuilder();
        for (var i = 1; i < quoted.Length - 1; i++)
        {
            if (quoted[i] != '\\')
            {
                text.Append(quoted[i]);
                continue;
            }

            text.Append(quoted[++i] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', var c => c });
        }

        return text.ToString();
    }

    private static PathStep Step(string text, ref int at)
    {
        if (text[at] == '[')
        {
            return Bracket(text, ref at);
        }

        if (text[at] == '.')
        {
            at++;
            if (at < text.Length && text[at] == '.')
            {
                at++;
                return new DescendStep();
            }

            if (at < text.Length && text[at] == '[')
            {
                return Bracket(text, ref at);
            }
        }

        if (at < text.Length && text[at] == '*')
        {
            at++;
            return new WildcardStep();
        }

        var name = new StringBuilder();
        for (; at < text.Length && text[at] is not ('.' or '['); at++)
        {
            if (text[at] == '\\' && at + 1 < text.Length)
            {
                at++;
            }
            else if (text[at] is ' ' or ',' or '|' or '(' or ')')
            {
                throw new JsonPathException($"unrecognized character in action: U+{(int)text[at]:X4} '{text[at]}'");
            }

            name.Append(text[at]);
        }

        return new FieldStep([name.ToString()]);
    }

    private static PathStep Bracket(string text, ref int at)
    {
        var inner = BracketContent(text, ref at);
        if (inner == "*")
        {
            return new WildcardStep();
        }

        if (inner.StartsWith("?(", StringComparison.Ordinal) && inner.EndsWith(')'))
        {
            return FilterStep.Parse(inner[2..^1]);
        }

        var parts = SplitUnion(inner);
        if (parts.All(p => p.Length > 1 && p[0] is '\'' or '"'))
        {
            return new FieldStep([.. parts.Select(Unquote)]);
        }

        if (parts.Count > 1)
        {
            return new UnionStep([.. parts.Select(p => Slice(p))]);
        }

        return Slice(parts[0]);
    }

    private static SliceStep Slice(string text)
    {
        var numbers = text.Split(':');
        if (numbers.Length > 3 || numbers.Any(n => n.Length > 0 && !int.TryParse(n, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)))
        {
            throw new JsonPathException($"invalid array index {text}");
        }

        int? Number(int i) => i < numbers.Length && numbers[i].Length > 0 ? int.Parse(numbers[i], CultureInfo.InvariantCulture) : null;
        return new SliceStep(Number(0), Number(1), Number(2), IsIndex: numbers.Length == 1);
    }

    private static string BracketContent(string text, ref int at)
    {
        var start = ++at;
        var depth = 1;
        var quote = '\0';
        for (; at < text.Length; at++)
        {
            var c = text[at];
            if (quote != '\0')
            {
                at += c == '\\' ? 1 : 0;
                quote = c == quote ? '\0' : quote;
            }
            else if (c is '"' or '\'')
            {
                quote = c;
            }
            else if (c == '[')
            {
                depth++;
            }
            else if (c == ']' && --depth == 0)
            {
                return text[start..at++].Trim();
            }
        }

        throw new JsonPathException("unterminated array");
    }

    private static List<string> SplitUnion(string text)
    {
        var parts = new List<string>();
        var quote = '\0';
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (quote != '\0')
            {
                i += text[i] == '\\' ? 1 : 0;
                quote = i < text.Length && text[i] == quote ? '\0' : quote;
            }
            else if (text[i] is '"' or '\'')
            {
                quote = text[i];
            }
            else if (text[i] == ',')
            {
                parts.Add(text[start..i].Trim());
                start = i + 1;
            }
        }

        parts.Add(text[start..].Trim());
        return parts;
    }
}
