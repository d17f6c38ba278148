using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Kobune.Api.JsonPaths;

namespace Kobune.Kubectl.Output;

/// <summary>Expressions inside {{ }}: field chains, literals, parentheses, functions, pipes.</summary>
internal static class GoTemplateExpression
{
    public static JsonNode? Evaluate(string text, JsonNode? dot, JsonNode? root)
    {
        JsonNode? value = null;
        var first = true;
        foreach (var stage in Split(text, '|'))
        {
            var words = Split(stage.Trim(), ' ').Where(w => w.Length > 0).ToArray();
            if (words.Length == 0)
            {
                throw new JsonPathException("template: output:1: missing value for command");
            }

            var arguments = words.Skip(1).Select(w => Operand(w, dot, root)).ToList();
            if (!first)
            {
                arguments.Add(value);
            }

            value = IsOperand(words[0]) ? Operand(words[0], dot, root) : Call(words[0], arguments);
            first = false;
        }

        return value;
    }

    public static bool IsTrue(JsonNode? value) => value switch
    {
        null => false,
        JsonArray list => list.Count > 0,
        JsonObject map => map.Count > 0,
        _ => value.Text() is not ("" or "false" or "0"),
    };

    /// <summary>A value as Go's %v shows it.</summary>
    public static string Show(JsonNode? value) => value switch
    {
        null => "<no value>",
        JsonObject map => "map[" + string.Join(' ', map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}:{Show(p.Value)}")) + "]",
        JsonArray list => "[" + string.Join(' ', list.Select(Show)) + "]",
        _ => value.Text(),
    };

    private static bool IsOperand(string word) =>
        word[0] is '.' or '$' or '"' or '`' or '(' or '-' || char.IsAsciiDigit(word[0]) || word is "true" or "false" or "nil";

    private static JsonNode? Operand(string word, JsonNode? dot, JsonNode? root)
    {
        if (word[0] == '(')
        {
            return Evaluate(word[1..^1], dot, root);
        }

        if (word[0] == '"')
        {
            return JsonValue.Create(PathExpression.Unquote(word));
        }

        if (word[0] == '`')
        {
            return JsonValue.Create(word.Trim('`'));
        }

        if (word is "true" or "false")
        {
            return JsonValue.Create(word == "true");
        }

        if (word[0] == '$' && word.Length > 1 && word[1] != '.')
        {
            throw new JsonPathException($"template: output:1: undefined variable {word}");
        }

        if (word[0] is '.' or '$')
        {
            var node = word[0] == '$' ? root : dot;
            foreach (var name in word.TrimStart('$').Split('.', StringSplitOptions.RemoveEmptyEntries))
            {
                node = node switch
                {
                    null => null,
                    JsonObject map => map[name],
                    _ => throw new JsonPathException($"template: output:1:2: executing \"output\" at <{word}>: can't evaluate field {name} in type interface {{}}"),
                };
            }

            return node;
        }

        return double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out _)
            ? JsonNode.Parse(word)
            : throw new JsonPathException($"template: output:1: function \"{word}\" not defined");
    }

    private static JsonNode? Call(string function, List<JsonNode?> a) => function switch
    {
        "eq" => JsonValue.Create(a.Skip(1).Any(b => Show(a[0]) == Show(b))),
        "ne" => JsonValue.Create(Show(a[0]) != Show(a[1])),
        "lt" => JsonValue.Create(Order(a) < 0),
        "le" => JsonValue.Create(Order(a) <= 0),
        "gt" => JsonValue.Create(Order(a) > 0),
        "ge" => JsonValue.Create(Order(a) >= 0),
        "not" => JsonValue.Create(!IsTrue(a[0])),
        "and" => a.FirstOrDefault(x => !IsTrue(x)) ?? a[^1],
        "or" => a.FirstOrDefault(IsTrue) ?? a[^1],
        "len" => JsonValue.Create(a[0] switch { JsonArray l => l.Count, JsonObject m => m.Count, var s => s.Text().Length }),
        "index" => a.Skip(1).Aggregate(a[0], (node, key) => node switch
        {
            JsonArray list when key.Long() is var i && i >= 0 && i < list.Count => list[(int)i],
            JsonObject map => map[key.Text()],
            null => null,
            _ => throw new JsonPathException($"error calling index: index out of range: {key.Text()}"),
        }),
        "print" => JsonValue.Create(string.Concat(a.Select(Show))),
        "println" => JsonValue.Create(string.Join(' ', a.Select(Show)) + "\n"),
        "printf" => JsonValue.Create(Format(a)),
        "base64decode" => JsonValue.Create(Encoding.UTF8.GetString(Convert.FromBase64String(a[0].Text()))),
        "exists" => JsonValue.Create(a.Skip(1).Aggregate(a[0], (n, k) => (n as JsonObject)?[k.Text()]) is not null),
        _ => throw new JsonPathException($"template: output:1: function \"{function}\" not defined"),
    };

    private static int Order(List<JsonNode?> a) =>
        double.TryParse(Show(a[0]), CultureInfo.InvariantCulture, out var x) && double.TryParse(Show(a[1]), CultureInfo.InvariantCulture, out var y)
            ? x.CompareTo(y)
            : string.CompareOrdinal(Show(a[0]), Show(a[1]));

    private static string Format(List<JsonNode?> a)
    {
        var text = new StringBuilder();
        var next = 1;
        var format = a[0].Text();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 >= format.Length)
            {
                text.Append(format[i]);
                continue;
            }

            var left = format[i + 1] == '-';
            var start = i + (left ? 2 : 1);
            var end = start;
            while (end < format.Length && char.IsAsciiDigit(format[end]))
            {
                end++;
            }

            var width = end > start ? int.Parse(format.AsSpan(start, end - start), CultureInfo.InvariantCulture) : 0;
            var shown = end >= format.Length ? "%!(NOVERB)" : format[end] switch
            {
                '%' => "%",
                'q' => CommandLine.GoText.Quote(Show(a.ElementAtOrDefault(next++))),
                _ => Show(a.ElementAtOrDefault(next++)),
            };
            text.Append(left ? shown.PadRight(width) : shown.PadLeft(width));
            i = end;
        }

        return text.ToString();
    }

    /// <summary>Splits outside of quotes and parentheses.</summary>
    private static IEnumerable<string> Split(string text, char separator)
    {
        var start = 0;
        var depth = 0;
        var quote = '\0';
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quote != '\0')
            {
                i += c == '\\' && quote == '"' ? 1 : 0;
                quote = c == quote ? '\0' : quote;
            }
            else if (c is '"' or '`')
            {
                quote = c;
            }
            else if (c is '(' or ')')
            {
                depth += c == '(' ? 1 : -1;
            }
            else if (c == separator && depth == 0)
            {
                yield return text[start..i];
                start = i + 1;
            }
        }

        yield return text[start..];
    }
}
