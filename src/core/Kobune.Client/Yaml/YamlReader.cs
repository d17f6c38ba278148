using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Kobune.Client.Yaml;

/// <summary>Builds JSON trees from YamlDotNet's parse events; resolves anchors, aliases and merge keys.</summary>
internal sealed class YamlReader
{
    // An alias copies its node, so a few lines of aliases of aliases could fill the memory.
    private const int MaximumNodes = 1_000_000;
    private readonly Dictionary<AnchorName, JsonNode?> _anchors = [];
    private readonly IParser _parser;
    private int _nodes;

    private YamlReader(string text) => _parser = new Parser(new StringReader(text));

    public static IReadOnlyList<JsonNode?> ReadAll(string text)
    {
        try
        {
            var reader = new YamlReader(text);
            var documents = new List<JsonNode?>();
            reader._parser.Consume<StreamStart>();
            while (reader._parser.TryConsume<DocumentStart>(out _))
            {
                documents.Add(reader.Read());
                reader._parser.Consume<DocumentEnd>();
                reader._anchors.Clear();
            }

            return documents;
        }
        catch (YamlException e)
        {
            throw new YamlSyntaxException($"error converting YAML to JSON: yaml: line {Math.Max(1, e.Start.Line)}: {Reason(e)}");
        }
    }

    private JsonNode? Read()
    {
        if (++_nodes > MaximumNodes)
        {
            throw new YamlSyntaxException("yaml: document contains excessive aliasing");
        }

        switch (_parser.Current)
        {
            case AnchorAlias alias:
                _parser.MoveNext();
                return _anchors.TryGetValue(alias.Value, out var known)
                    ? known?.DeepClone()
                    : throw new YamlSyntaxException($"yaml: unknown anchor '{alias.Value}' referenced");
            case Scalar scalar:
                _parser.MoveNext();
                return Remember(scalar.Anchor, Value(scalar));
            case SequenceStart sequence:
                return Remember(sequence.Anchor, Sequence());
            case MappingStart mapping:
                return Remember(mapping.Anchor, Mapping());
            default:
                throw new YamlSyntaxException($"yaml: unexpected {_parser.Current?.GetType().Name}");
        }
    }

    private JsonNode? Remember(AnchorName anchor, JsonNode? node)
    {
        if (!anchor.IsEmpty)
        {
            _anchors[anchor] = node?.DeepClone();
        }

        return node;
    }

    private static JsonNode? Value(Scalar scalar)
    {
        if (!scalar.Tag.IsEmpty && scalar.Tag.Value == "tag:yaml.org,2002:str")
        {
            return JsonValue.Create(scalar.Value);
        }

        return scalar.Style == ScalarStyle.Plain ? YamlScalars.Resolve(scalar.Value) : JsonValue.Create(scalar.Value);
    }

    private JsonArray Sequence()
    {
        _parser.Consume<SequenceStart>();
        var array = new JsonArray();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            array.Add(Read());
        }

        return array;
    }

    private JsonObject Mapping()
    {
        _parser.Consume<MappingStart>();
        var result = new JsonObject();
        List<JsonNode?>? merged = null;
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var start = _parser.Current!.Start;
            var key = Key();
            var value = Read();
            if (key == "<<")
            {
                (merged ??= []).Add(value);
            }
            else if (!result.TryAdd(key, value))
            {
                throw new YamlSyntaxException($"error converting YAML to JSON: yaml: unmarshal errors:\n  line {start.Line}: key \"{key}\" already set in map");
            }
        }

        foreach (var source in merged?.SelectMany(m => m is JsonArray list ? list.OfType<JsonObject>() : m is JsonObject o ? [o] : []) ?? [])
        {
            foreach (var (key, value) in source)
            {
                result.TryAdd(key, value?.DeepClone());
            }
        }

        return result;
    }

    private string Key()
    {
        if (_parser.Current is Scalar { Style: ScalarStyle.Plain } plain)
        {
            _parser.MoveNext();
            return YamlScalars.Resolve(plain.Value) is JsonValue value && !value.TryGetValue<string>(out _) ? value.ToJsonString() : plain.Value;
        }

        return Read()?.ToString() ?? "null";
    }

    /// <summary>The parser's words for the common mistakes, as libyaml has them.</summary>
    private static string Reason(YamlException e)
    {
        var text = e.Message;
        var colon = text.IndexOf("): ", StringComparison.Ordinal);
        text = (colon >= 0 ? text[(colon + 3)..] : text).TrimEnd('.');
        return text switch
        {
            "Mapping values are not allowed in this context" => "mapping values are not allowed in this context",
            _ when text.Contains("found invalid mapping", StringComparison.Ordinal) => "mapping values are not allowed in this context",
            "While parsing a block mapping, did not find expected key" => "did not find expected key",
            "While scanning a simple key, could not find expected ':'" => "could not find expected ':'",
            "While parsing a block collection, did not find expected '-' indicator" => "did not find expected '-' indicator",
            _ when text.Contains("'\\t'", StringComparison.Ordinal) || text.Contains("cannot start any token", StringComparison.Ordinal)
                => "found character that cannot start any token",
            _ => text.Length > 0 ? char.ToLowerInvariant(text[0]) + text[1..] : "invalid",
        };
    }
}
