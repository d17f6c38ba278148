namespace Kobune.Api.Tests;

using System.Text.Json.Nodes;

/// <summary>Makes JSON objects that a schema allows, from a seed. Values are such that nothing is normalised away.</summary>
internal sealed class RandomObjects(int seed)
{
    private readonly Random _random = new(seed);

    public JsonObject Object(TypeSchema type, int depth = 0)
    {
        var result = new JsonObject();
        foreach (var field in type.Fields)
        {
            if (field.JsonName is "kind" or "apiVersion" && type.IsRoot)
            {
                continue;
            }

            // Deeper structs are sparser, so that recursive types end.
            if (_random.Next(100) < (depth < 3 ? 70 : depth < 6 ? 30 : 4))
            {
                result[field.JsonName] = Value(field, depth + 1);
            }
        }

        return result;
    }

    private JsonNode? Value(FieldSchema field, int depth)
    {
        switch (field.Kind)
        {
            case FieldKind.String: return Text();
            case FieldKind.Boolean: return true;
            case FieldKind.Int32: return _random.Next(1, int.MaxValue) * (_random.Next(4) == 0 ? -1 : 1);
            case FieldKind.Int64: return _random.NextInt64(1, long.MaxValue) * (_random.Next(4) == 0 ? -1 : 1);
            case FieldKind.Double: return _random.Next(1, 1000) / 8.0;
            case FieldKind.Time: return KubeTime.Seconds(DateTimeOffset.FromUnixTimeSeconds(_random.Next()));
            case FieldKind.MicroTime: return KubeTime.Micro(DateTimeOffset.FromUnixTimeSeconds(_random.Next()).AddMicroseconds(_random.Next(1_000_000)));
            case FieldKind.Duration: return GoDuration.Format(TimeSpan.FromMilliseconds(_random.Next(1, 10_000_000)));
            case FieldKind.Quantity: return _random.Next(3) switch { 0 => _random.Next(1, 999) + "m", 1 => ((2 * _random.Next(1, 400)) + 1) + "Mi", _ => _random.Next(1, 999) + "k" };
            case FieldKind.IntOrString: return _random.Next(2) == 0 ? _random.Next() : Text();
            case FieldKind.Bytes: return Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Text()));
            case FieldKind.Any: return Any(field);
            case FieldKind.Struct: return Object(field.Type!, depth);
            case FieldKind.List: return new JsonArray([.. Enumerable.Range(0, _random.Next(1, 3)).Select(_ => Value(field.Element!, depth + 1))]);
            default:
                var map = new JsonObject();
                for (var i = _random.Next(1, 4); i > 0; i--)
                {
                    map[Text()] = Value(field.Element!, depth + 1);
                }

                return map;
        }
    }

    /// <summary>Unions of schema and something else have a Struct's or a list's shape of their own.</summary>
    private JsonNode Any(FieldSchema field) => field.JsonName switch
    {
        "additionalProperties" or "additionalItems" => _random.Next(2) == 0 ? JsonValue.Create(_random.Next(2) == 0) : new JsonObject { ["title"] = Text() },
        "items" => _random.Next(2) == 0 ? new JsonArray(new JsonObject { ["title"] = Text() }) : new JsonObject { ["title"] = Text() },
        "" => _random.Next(2) == 0 ? new JsonArray("a", "b") : new JsonObject { ["title"] = Text() },
        _ => new JsonObject { ["x"] = Text(), ["y"] = new JsonArray(1, null) },
    };

    private string Text() => _random.Next(8) == 0 ? "ü\"\\\n漢🙂<&>" + _random.Next() : "s" + _random.Next();
}
