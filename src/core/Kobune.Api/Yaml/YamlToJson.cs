namespace Kobune.Api;

using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

/// <summary>
/// One document to JSON. Anchors and merge keys are expanded under a bound, so that a small text cannot grow
/// without limit; a key given twice is an error when strict.
/// </summary>
internal sealed class YamlToJson(string text, bool strict)
{
    /// <summary>Nodes that one document may grow to through aliases.</summary>
    private const int MaxNodes = 3_000_000;

    private readonly Dictionary<AnchorName, JsonNode?> _anchors = [];
    private IParser _parser = null!;
    private int _nodes;

    /// <summary>Null for an empty document.</summary>
    internal byte[]? Convert()
    {
        try
        {
            _parser = new Parser(new StringReader(text));
            _parser.Consume<StreamStart>();
            if (!_parser.Accept<DocumentStart>(out _))
            {
                return null;
            }

            _parser.Consume<DocumentStart>();
            var node = Node(0);
            return node == null ? null : JsonOut.ToBytes(w => node.WriteTo(w));
        }
        catch (YamlException e)
        {
            throw new KubeDecodeException("error converting YAML to JSON: yaml: " + Explain(e), e);
        }
        catch (InvalidOperationException e)
        {
            // The scanner gives up on some malformed flow collections without an exception of its own.
            throw new KubeDecodeException("error converting YAML to JSON: yaml: did not find expected node content", e);
        }
    }

    private JsonNode? Node(int depth)
    {
        if (depth > JsonIn.MaxDepth || ++_nodes > MaxNodes)
        {
            throw new KubeDecodeException("error converting YAML to JSON: yaml: document contains excessive aliasing");
        }

        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            return _anchors.TryGetValue(alias.Value, out var known) ? Copy(known)
                : throw new KubeDecodeException($"error converting YAML to JSON: yaml: unknown anchor '{alias.Value}' referenced");
        }

        var anchor = _parser.Accept<NodeEvent>(out var start) ? start.Anchor : AnchorName.Empty;
        JsonNode? node = _parser.Accept<MappingStart>(out _) ? Mapping(depth)
            : _parser.Accept<SequenceStart>(out _) ? Sequence(depth)
            : ScalarNode(_parser.Consume<Scalar>());
        if (!anchor.IsEmpty)
        {
            _anchors[anchor] = node;
        }

        return node;
    }

    private JsonArray Sequence(int depth)
    {
        _parser.Consume<SequenceStart>();
        var array = new JsonArray();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            array.Add(Node(depth + 1));
        }

        return array;
    }

    private JsonObject Mapping(int depth)
    {
        _parser.Consume<MappingStart>();
        var result = new JsonObject();
        var own = new HashSet<string>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            if (!_parser.Accept<Scalar>(out var scalar))
            {
                throw new KubeDecodeException("error converting YAML to JSON: unsupported map key of type: " + (_parser.Accept<MappingStart>(out _) ? "map" : "slice"));
            }

            _parser.MoveNext();
            if (scalar is { Style: ScalarStyle.Plain, Value: "<<" })
            {
                Merge(result, own, Node(depth + 1));
                continue;
            }

            var key = Key(scalar);
            if (!own.Add(key) && strict)
            {
                throw new KubeDecodeException($"error converting YAML to JSON: yaml: unmarshal errors:\n  line {scalar.Start.Line}: key {FieldError.Quote(key)} already set in map");
            }

            result[key] = Node(depth + 1);
        }

        return result;
    }

    /// <summary>What is merged never replaces what is written out, wherever it stands.</summary>
    private void Merge(JsonObject result, HashSet<string> own, JsonNode? source)
    {
        switch (source)
        {
            case JsonObject map:
                foreach (var (key, value) in map)
                {
                    if (!own.Contains(key) && !result.ContainsKey(key))
                    {
                        result[key] = Copy(value);
                    }
                }

                break;
            case JsonArray list:
                foreach (var item in list)
                {
                    Merge(result, own, item);
                }

                break;
            default:
                throw new KubeDecodeException("error converting YAML to JSON: yaml: map merge requires map or sequence of maps as the value");
        }
    }

    private JsonNode? Copy(JsonNode? node)
    {
        _nodes += Count(node);
        return _nodes <= MaxNodes ? node?.DeepClone()
            : throw new KubeDecodeException("error converting YAML to JSON: yaml: document contains excessive aliasing");
    }

    private static int Count(JsonNode? node) => node switch
    {
        JsonObject o => 1 + o.Sum(p => Count(p.Value)),
        JsonArray a => 1 + a.Sum(Count),
        _ => 1,
    };

    private static JsonNode? ScalarNode(Scalar scalar)
    {
        if (IsText(scalar))
        {
            return JsonValue.Create(scalar.Value);
        }

        switch (YamlScalars.Resolve(scalar.Value, out var json))
        {
            case YamlTag.Null:
                return null;
            case YamlTag.Bool:
                return JsonValue.Create(json == "true");
            case YamlTag.Int:
                return Number(json);
            case YamlTag.Float when char.IsAsciiDigit(json[^1]):
                return Number(json);
            case YamlTag.Float:
                throw new KubeDecodeException("error converting YAML to JSON: json: unsupported value: " + (json.Contains("n", StringComparison.OrdinalIgnoreCase) && !json.Contains("inf", StringComparison.OrdinalIgnoreCase) ? "NaN" : json[0] == '-' ? "-Inf" : "+Inf"));
            default:
                return JsonValue.Create(scalar.Value);
        }
    }

    private static string Key(Scalar scalar)
    {
        if (IsText(scalar))
        {
            return scalar.Value;
        }

        var tag = YamlScalars.Resolve(scalar.Value, out var json);
        return tag switch
        {
            YamlTag.Null => throw new KubeDecodeException("error converting YAML to JSON: unsupported map key of type: %!s(<nil>)"),
            YamlTag.Bool or YamlTag.Int or YamlTag.Float => json,
            _ => scalar.Value,
        };
    }

    private static bool IsText(Scalar scalar) =>
        scalar.Style != ScalarStyle.Plain ? scalar.Tag.IsEmpty || scalar.Tag.IsNonSpecific || scalar.Tag.Value.EndsWith(":str", StringComparison.Ordinal)
            : !scalar.Tag.IsEmpty && scalar.Tag.Value is "tag:yaml.org,2002:str" or "!";

    private static JsonNode Number(string json)
    {
        var reader = new Utf8JsonReader(Encoding.ASCII.GetBytes(json));
        reader.Read();
        return JsonValue.Create(JsonElement.ParseValue(ref reader))!;
    }

    /// <summary>The reference counts lines from one in scanner errors and from zero in parser errors.</summary>
    private string Explain(YamlException e)
    {
        var message = e.Message;
        var colon = message.StartsWith('(') ? message.IndexOf("): ", StringComparison.Ordinal) : -1;
        message = (colon >= 0 ? message[(colon + 3)..] : message).TrimEnd('.');
        var inParser = message.StartsWith("While parsing", StringComparison.Ordinal) || message.StartsWith("Did not find expected <document start>", StringComparison.Ordinal);
        var comma = message.StartsWith("While ", StringComparison.Ordinal) ? message.IndexOf(", ", StringComparison.Ordinal) : -1;
        message = comma >= 0 ? message[(comma + 2)..] : message;
        var tab = message.Contains("invalid tab", StringComparison.Ordinal);
        long line = inParser ? e.Start.Line - 1 : tab ? TabLine((int)e.Start.Line) : e.End.Line == 1 ? 0 : e.End.Line;
        message = message switch
        {
            _ when message.StartsWith("Found invalid mapping", StringComparison.OrdinalIgnoreCase) => "mapping values are not allowed in this context",
            _ when tab => "found character that cannot start any token",
            _ => char.ToLowerInvariant(message[0]) + message[1..],
        };
        return line > 0 ? $"line {line}: {message}" : message;
    }

    /// <summary>The first line at or after the given one that a tab indents.</summary>
    private int TabLine(int from)
    {
        var lines = text.Split('\n');
        for (var i = Math.Max(0, from - 1); i < lines.Length; i++)
        {
            if (lines[i].TrimStart(' ').StartsWith('\t'))
            {
                return i + 1;
            }
        }

        return from;
    }
}
