using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Kobune.Api;

namespace Kobune.ApiServer.Discovery;

/// <summary>
/// The older OpenAPI document in the protobuf form that kubectl and client-go ask for (gnostic's openapi.v2.Document):
/// definitions, and the paths with their operations. The field numbers are those of gnostic's OpenAPIv2.proto.
/// </summary>
internal static class OpenApiV2Proto
{
    public static byte[] Write(JsonObject document)
    {
        var o = new Message();
        o.Text(1, document["swagger"]);
        o.Nested(2, Info(document["info"]));
        o.Nested(8, Paths(document["paths"] as JsonObject ?? []));
        o.Nested(9, Definitions(document["definitions"] as JsonObject ?? []));
        return o.ToArray();
    }

    private static Message Info(JsonNode? info)
    {
        var o = new Message();
        o.Text(1, info?["title"]);
        o.Text(2, info?["version"]);
        return o;
    }

    private static Message Definitions(JsonObject definitions)
    {
        var o = new Message();
        foreach (var (name, schema) in definitions)
        {
            o.Nested(1, Named(name, Schema(schema as JsonObject ?? [])));
        }

        return o;
    }

    private static Message Named(string name, Message value)
    {
        var o = new Message();
        o.Text(1, name);
        o.Nested(2, value);
        return o;
    }

    private static Message Schema(JsonObject s)
    {
        var o = new Message();
        o.Text(1, s["$ref"]);
        o.Text(2, s["format"]);
        o.Text(3, s["title"]);
        o.Text(4, s["description"]);
        if (s.TryGetPropertyValue("default", out var fallback))
        {
            o.Nested(5, Any(fallback));
        }

        o.Number(6, s["multipleOf"]);
        o.Number(7, s["maximum"]);
        o.Number(9, s["minimum"]);
        o.Integer(11, s["maxLength"]);
        o.Integer(12, s["minLength"]);
        o.Text(13, s["pattern"]);
        o.Integer(14, s["maxItems"]);
        o.Integer(15, s["minItems"]);
        o.Integer(17, s["maxProperties"]);
        o.Integer(18, s["minProperties"]);
        foreach (var name in s["required"] as JsonArray ?? [])
        {
            o.Text(19, name);
        }

        foreach (var value in s["enum"] as JsonArray ?? [])
        {
            o.Nested(20, Any(value));
        }

        switch (s["additionalProperties"])
        {
            case JsonObject values:
                o.Nested(21, Wrap(1, Schema(values)));
                break;
            case JsonValue allowed when allowed.TryGetValue(out bool yes):
                var flag = new Message();
                flag.Flag(2, yes);
                o.Nested(21, flag);
                break;
        }

        if (s["type"] is { } type)
        {
            var types = new Message();
            types.Text(1, type);
            o.Nested(22, types);
        }

        if (s["items"] is JsonObject items)
        {
            o.Nested(23, Wrap(1, Schema(items)));
        }

        if (s["properties"] is JsonObject properties)
        {
            var members = new Message();
            foreach (var (name, property) in properties)
            {
                members.Nested(1, Named(name, Schema(property as JsonObject ?? [])));
            }

            o.Nested(25, members);
        }

        Extensions(o, 31, s);
        return o;
    }

    private static Message Paths(JsonObject paths)
    {
        var o = new Message();
        foreach (var (name, item) in paths)
        {
            o.Nested(2, Named(name, PathItem(item as JsonObject ?? [])));
        }

        return o;
    }

    private static Message PathItem(JsonObject item)
    {
        var o = new Message();
        (string Method, int Field)[] methods = [("get", 2), ("put", 3), ("post", 4), ("delete", 5), ("patch", 8)];
        foreach (var (method, field) in methods)
        {
            if (item[method] is JsonObject operation)
            {
                o.Nested(field, Operation(operation));
            }
        }

        Parameters(o, 9, item["parameters"] as JsonArray);
        return o;
    }

    private static Message Operation(JsonObject operation)
    {
        var o = new Message();
        o.Text(3, operation["description"]);
        o.Text(5, operation["operationId"]);
        Parameters(o, 8, operation["parameters"] as JsonArray);
        var responses = new Message();
        foreach (var (code, response) in operation["responses"] as JsonObject ?? [])
        {
            var inner = new Message();
            inner.Text(1, response?["description"]);
            responses.Nested(1, Named(code, Wrap(1, inner)));
        }

        o.Nested(9, responses);
        Extensions(o, 13, operation);
        return o;
    }

    /// <summary>Query and path parameters: a ParametersItem holds a Parameter, which holds a NonBodyParameter, which holds one by place.</summary>
    private static void Parameters(Message o, int field, JsonArray? parameters)
    {
        foreach (var parameter in (parameters ?? []).OfType<JsonObject>())
        {
            var path = parameter["in"]?.GetValue<string>() == "path";
            var inner = new Message();
            if (path)
            {
                inner.Flag(1, true);
            }

            inner.Text(2, parameter["in"]);
            inner.Text(3, parameter["description"]);
            inner.Text(4, parameter["name"]);
            inner.Text(path ? 5 : 6, parameter["type"]);
            // Path parameters have no allowEmptyValue, which moves what follows.
            o.Nested(field, Wrap(1, Wrap(2, Wrap(path ? 4 : 3, inner))));
        }
    }

    private static void Extensions(Message o, int field, JsonObject s)
    {
        foreach (var (name, value) in s)
        {
            if (name.StartsWith("x-", StringComparison.Ordinal))
            {
                o.Nested(field, Named(name, Any(value)));
            }
        }
    }

    /// <summary>Whatever it is, as YAML.</summary>
    private static Message Any(JsonNode? value)
    {
        var o = new Message();
        o.Text(2, KubeYaml.FromJson(RawJson.From(value).Utf8.Span));
        return o;
    }

    private static Message Wrap(int field, Message inner)
    {
        var o = new Message();
        o.Nested(field, inner);
        return o;
    }

    /// <summary>A protobuf message being written.</summary>
    private sealed class Message
    {
        private readonly MemoryStream bytes = new();

        public byte[] ToArray() => bytes.ToArray();

        public void Text(int field, JsonNode? value)
        {
            if (value is JsonValue text && text.TryGetValue(out string? s))
            {
                Text(field, s);
            }
        }

        public void Text(int field, string value)
        {
            if (value.Length > 0)
            {
                Bytes(field, Encoding.UTF8.GetBytes(value));
            }
        }

        public void Nested(int field, Message inner) => Bytes(field, inner.ToArray());

        public void Flag(int field, bool value)
        {
            Varint((uint)(field << 3));
            Varint(value ? 1u : 0u);
        }

        public void Integer(int field, JsonNode? value)
        {
            if (value is not null && long.TryParse(value.ToJsonString(), CultureInfo.InvariantCulture, out var number))
            {
                Varint((uint)(field << 3));
                Varint((ulong)number);
            }
        }

        public void Number(int field, JsonNode? value)
        {
            if (value is not null && double.TryParse(value.ToJsonString(), CultureInfo.InvariantCulture, out var number))
            {
                Varint((uint)((field << 3) | 1));
                bytes.Write(BitConverter.GetBytes(number));
            }
        }

        private void Bytes(int field, byte[] value)
        {
            Varint((uint)((field << 3) | 2));
            Varint((uint)value.Length);
            bytes.Write(value);
        }

        private void Varint(ulong value)
        {
            while (value >= 0x80)
            {
                bytes.WriteByte((byte)(value | 0x80));
                value >>= 7;
            }

            bytes.WriteByte((byte)value);
        }
    }
}
