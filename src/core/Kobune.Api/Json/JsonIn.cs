namespace Kobune.Api;

using System.Text.Json;
using System.Text.Json.Nodes;

internal delegate T JsonRead<out T>(ref JsonIn d);

/// <summary>
/// The reading half of the JSON codec: a cursor over one document. Generated code names fields; everything else
/// is here. Every value method expects the cursor on the value's first token and leaves it on the last.
/// </summary>
internal ref struct JsonIn
{
    /// <summary>Deeper documents are refused (DESIGN decision 12).</summary>
    internal const int MaxDepth = 500;

    private readonly ReadOnlySpan<byte> _json;
    private readonly DecodeReport? _report;
    private Utf8JsonReader _reader;
    private string _owner;
    private List<long>? _mapKeys;

    internal JsonIn(ReadOnlySpan<byte> json, DecodeReport? report)
    {
        _json = json;
        _report = report;
        _reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        _owner = "";
    }

    internal readonly JsonTokenType Token => _reader.TokenType;

    internal bool Next() => _reader.Read();

    /// <summary>Fills a struct from the object under the cursor. null leaves it as it is.</summary>
    internal void Object(ApiStruct target)
    {
        if (_reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            throw Mismatch("v1." + target.GoName);
        }

        var outer = _owner;
        _owner = target.GoName;
        ulong seen = 0;
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = _reader.ValueIsEscaped ? EscapedField(target) : target.FieldOf(_reader.ValueSpan);
            if (field < 0 && target.KeepsUnknown)
            {
                var name = Text();
                var at = _reader.TokenStartIndex;
                _reader.Read();
                if (!target.KeepUnknown(name, ref this))
                {
                    _report?.Note(_report.Duplicates, _json, at);
                }

                continue;
            }

            if (field < 0)
            {
                _report?.Note(_report.Unknown, _json, _reader.TokenStartIndex);
                _reader.Skip();
                continue;
            }

            if (_report != null)
            {
                NoteDuplicate(ref seen, field);
            }

            _reader.Read();
            if (_reader.TokenType != JsonTokenType.Null)
            {
                target.ReadField(field, ref this);
            }
        }

        _owner = outer;
    }

    /// <summary>Fills a list's metadata and items; kind and apiVersion are the caller's business.</summary>
    internal void List(ApiStruct metadata, Func<ApiStruct> add)
    {
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            throw Mismatch("v1.List");
        }

        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var isItems = _reader.ValueTextEquals("items"u8);
            var isMetadata = !isItems && _reader.ValueTextEquals("metadata"u8);
            _reader.Read();
            if (isMetadata)
            {
                metadata.ReadJson(ref this);
            }
            else if (isItems && _reader.TokenType == JsonTokenType.StartArray)
            {
                while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
                {
                    add().ReadJson(ref this);
                }
            }
            else
            {
                _reader.Skip();
            }
        }
    }

    internal T Struct<T>(T target)
        where T : ApiStruct
    {
        target.ReadJson(ref this);
        return target;
    }

    internal string String()
    {
        if (_reader.TokenType == JsonTokenType.String)
        {
            return Text();
        }

        return _reader.TokenType == JsonTokenType.Null ? "" : throw Mismatch("string");
    }

    internal bool Bool() => _reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False or JsonTokenType.Null => false,
        _ => throw Mismatch("bool"),
    };

    internal int Int32() => _reader.TokenType == JsonTokenType.Number && _reader.TryGetInt32(out var v) ? v
        : _reader.TokenType == JsonTokenType.Null ? 0 : throw Mismatch("int32");

    internal long Int64() => _reader.TokenType == JsonTokenType.Number && _reader.TryGetInt64(out var v) ? v
        : _reader.TokenType == JsonTokenType.Null ? 0 : throw Mismatch("int64");

    internal double Double() => _reader.TokenType == JsonTokenType.Number && _reader.TryGetDouble(out var v) && double.IsFinite(v) ? v
        : _reader.TokenType == JsonTokenType.Null ? 0 : throw Mismatch("float64");

    internal DateTimeOffset? Time()
    {
        if (_reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        var text = _reader.TokenType == JsonTokenType.String ? Text() : throw Mismatch("string");
        return KubeTime.TryParse(text, out var time) ? time : throw new KubeDecodeException(KubeTime.ErrorFor(text));
    }

    internal TimeSpan Duration()
    {
        var text = String();
        return GoDuration.TryParse(text, out var value) ? value : throw new KubeDecodeException($"time: invalid duration \"{text}\"");
    }

    internal Quantity Quantity()
    {
        if (_reader.TokenType == JsonTokenType.Null)
        {
            return default;
        }

        if (_reader.TokenType is not (JsonTokenType.String or JsonTokenType.Number))
        {
            throw new KubeDecodeException("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
        }

        var text = _reader.TokenType == JsonTokenType.String ? Text() : System.Text.Encoding.ASCII.GetString(_reader.ValueSpan);
        return QuantityParser.TryParse(text.AsSpan().Trim(), out var quantity, out var error) ? quantity : throw new KubeDecodeException(error);
    }

    internal IntOrString IntOrString() => _reader.TokenType switch
    {
        JsonTokenType.String => new IntOrString(Text()),
        JsonTokenType.Null => default,
        _ => new IntOrString(Int32()),
    };

    internal byte[]? Bytes()
    {
        if (_reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (_reader.TokenType != JsonTokenType.String)
        {
            throw Mismatch("[]uint8");
        }

        return _reader.TryGetBytesFromBase64(out var bytes) ? bytes : Base64WithBreaks();
    }

    internal RawJson Raw()
    {
        var start = (int)_reader.TokenStartIndex;
        _reader.Skip();
        var raw = _json[start..(int)_reader.BytesConsumed];
        return new RawJson(raw.IndexOfAny(" \t\r\n"u8) < 0 ? raw.ToArray() : Compact(raw));
    }

    /// <summary>Stored objects are one line, whatever they embed.</summary>
    private static byte[] Compact(ReadOnlySpan<byte> raw)
    {
        var reader = new Utf8JsonReader(raw, new JsonReaderOptions { MaxDepth = MaxDepth });
        using var document = JsonDocument.ParseValue(ref reader);
        return JsonOut.ToBytes(document.RootElement.WriteTo);
    }

    /// <summary>The value as a tree; numbers keep their spelling, of duplicate names the last counts.</summary>
    internal JsonNode? Node()
    {
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject: return NodeObject();
            case JsonTokenType.StartArray: return NodeArray();
            case JsonTokenType.String: return JsonValue.Create(Text());
            case JsonTokenType.True: return JsonValue.Create(true);
            case JsonTokenType.False: return JsonValue.Create(false);
            case JsonTokenType.Number: return JsonValue.Create(JsonElement.ParseValue(ref _reader));
            default: return null;
        }
    }

    private JsonObject NodeObject()
    {
        var result = new JsonObject();
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = Text();
            if (_report != null && result.ContainsKey(name))
            {
                _report.Note(_report.Duplicates, _json, _reader.TokenStartIndex);
            }

            _reader.Read();
            result[name] = Node();
        }

        return result;
    }

    private JsonArray NodeArray()
    {
        var result = new JsonArray();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            result.Add(Node());
        }

        return result;
    }

    internal List<T> Structs<T>()
        where T : ApiStruct, new()
    {
        if (_reader.TokenType != JsonTokenType.StartArray)
        {
            throw Mismatch("[]v1." + typeof(T).Name);
        }

        var list = new List<T>();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            var item = new T();
            item.ReadJson(ref this);
            list.Add(item);
        }

        return list;
    }

    internal List<T> List<T>(JsonRead<T> read, string type)
    {
        if (_reader.TokenType != JsonTokenType.StartArray)
        {
            throw Mismatch(type);
        }

        var list = new List<T>();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            list.Add(read(ref this));
        }

        return list;
    }

    internal List<string> Strings() => List(static (ref d) => d.String(), "[]string");

    internal Dictionary<string, T> StructMap<T>()
        where T : ApiStruct, new()
        => Map(static (ref d) =>
        {
            var item = new T();
            item.ReadJson(ref d);
            return item;
        }, typeof(T).Name);

    internal Dictionary<string, string> StringMap() => Map(static (ref d) => d.String(), "string");

    internal Dictionary<string, T> Map<T>(JsonRead<T> read, string type)
    {
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            throw Mismatch("map[string]" + type);
        }

        var map = new Dictionary<string, T>(StringComparer.Ordinal);
        _mapKeys ??= [];
        _mapKeys.Add(0);
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = Text();
            if (_report != null && map.ContainsKey(key))
            {
                _report.Note(_report.Duplicates, _json, _reader.TokenStartIndex);
            }

            _mapKeys![^1] = _reader.TokenStartIndex;
            _reader.Read();
            map[key] = read(ref this);
        }

        _mapKeys!.RemoveAt(_mapKeys.Count - 1);
        return map;
    }

    internal readonly KubeDecodeException Mismatch(string type)
    {
        var value = _reader.TokenType switch
        {
            JsonTokenType.StartObject => "object",
            JsonTokenType.StartArray => "array",
            JsonTokenType.String => "string",
            JsonTokenType.True or JsonTokenType.False => "bool",
            JsonTokenType.Number when type.StartsWith("int", StringComparison.Ordinal) => "number " + System.Text.Encoding.UTF8.GetString(_reader.ValueSpan),
            _ => "number",
        };
        var path = DecodeReport.PathAt(_json, _reader.TokenStartIndex, indexes: false, _mapKeys);
        return new KubeDecodeException(_owner.Length == 0
            ? $"json: cannot unmarshal {value} into Go value of type {type}"
            : $"json: cannot unmarshal {value} into Go struct field {_owner}.{path} of type {type}");
    }

    private string Text()
    {
        try
        {
            return _reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Unpaired surrogates and invalid UTF-8: the reference substitutes U+FFFD.
            return JsonText.Lenient(_reader.ValueSpan);
        }
    }

    private int EscapedField(ApiStruct target)
    {
        Span<byte> name = stackalloc byte[128];
        return _reader.ValueSpan.Length > name.Length ? -1 : target.FieldOf(name[.._reader.CopyString(name)]);
    }

    private void NoteDuplicate(ref ulong seen, int field)
    {
        var bit = 1UL << field;
        if ((seen & bit) != 0)
        {
            _report!.Note(_report.Duplicates, _json, _reader.TokenStartIndex);
        }

        seen |= bit;
    }

    private byte[] Base64WithBreaks()
    {
        try
        {
            // Go's decoder skips line breaks; so does this one.
            return Convert.FromBase64String(Text().Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal));
        }
        catch (FormatException)
        {
            throw new KubeDecodeException($"illegal base64 data at input byte {JsonText.FirstBadBase64(Text())}");
        }
    }
}
