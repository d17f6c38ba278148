using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Kobune.Api.JsonPaths;

/// <summary>[?(@.a=="b")]: the list's items for which the comparison holds; without an operator, those that have the field.</summary>
public sealed record FilterStep(PathExpression Left, string Operator, PathExpression? Right, JsonNode? Literal) : PathStep
{
    private static readonly string[] Operators = ["==", "!=", "<=", ">=", "<", ">"];

    public static FilterStep Parse(string text)
    {
        var (op, at) = FindOperator(text);
        var left = PathExpression.Parse((at < 0 ? text : text[..at]).Trim());
        if (at < 0)
        {
            return new FilterStep(left, "exists", null, null);
        }

        var right = text[(at + op.Length)..].Trim();
        return right.StartsWith('@') || right.StartsWith('$')
            ? new FilterStep(left, op, PathExpression.Parse(right), null)
            : new FilterStep(left, op, null, ParseLiteral(right));
    }

    public override IEnumerable<JsonNode?> Apply(JsonNode? node, JsonNode? root, bool allowMissing)
    {
        IEnumerable<JsonNode?> items = node switch { JsonArray list => list, JsonObject map => [map], _ => [] };
        return items.Where(i => Holds(i, root));
    }

    private bool Holds(JsonNode? item, JsonNode? root)
    {
        var left = Left.Evaluate(root, item, allowMissing: true);
        if (Operator == "exists")
        {
            return left.Count > 0;
        }

        if (left.Count != 1)
        {
            return false;
        }

        var right = Right is null ? Literal : Right.Evaluate(root, item, allowMissing: true).FirstOrDefault();
        var order = Compare(left[0], right);
        return Operator switch
        {
            "==" => order == 0,
            "!=" => order != 0,
            "<" => order < 0,
            ">" => order > 0,
            "<=" => order is <= 0,
            _ => order is >= 0,
        };
    }

    private static int? Compare(JsonNode? a, JsonNode? b)
    {
        if (a is JsonValue && b is JsonValue && a.GetValueKind() == JsonValueKind.Number && b.GetValueKind() == JsonValueKind.Number)
        {
            return double.Parse(a.ToJsonString(), CultureInfo.InvariantCulture).CompareTo(double.Parse(b.ToJsonString(), CultureInfo.InvariantCulture));
        }

        return a is JsonValue x && b is JsonValue y && x.TryGetValue<string>(out var s) && y.TryGetValue<string>(out var t)
            ? string.CompareOrdinal(s, t)
            : JsonNode.DeepEquals(a, b) ? 0 : null;
    }

    private static JsonNode? ParseLiteral(string text)
    {
        if (text.Length > 0 && text[0] is '"' or '\'')
        {
            return JsonValue.Create(PathExpression.Unquote(text));
        }

        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            throw new JsonPathException($"unrecognized character in action: {text}");
        }
    }

    private static (string Operator, int At) FindOperator(string text)
    {
        var quote = '\0';
        for (var i = 0; i < text.Length; i++)
        {
            if (quote != '\0')
            {
                quote = text[i] == quote ? '\0' : quote;
            }
            else if (text[i] is '"' or '\'')
            {
                quote = text[i];
            }
            else if (Operators.FirstOrDefault(o => text.AsSpan(i).StartsWith(o)) is { } op)
            {
                return (op, i);
            }
        }

        return ("", -1);
    }
}
