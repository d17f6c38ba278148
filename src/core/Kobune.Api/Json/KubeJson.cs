namespace Kobune.Api;

using System.Buffers;
using System.Text.Json;
using Kobune.Api.Meta.V1;

/// <summary>JSON to objects and back. Reading is strict about types and lenient about unknown fields, which it reports.</summary>
public static class KubeJson
{
    /// <exception cref="KubeDecodeException">not JSON, or a value of the wrong type</exception>
    public static T Read<T>(ReadOnlySpan<byte> json, DecodeReport? report = null)
        where T : ApiStruct, new()
    {
        var value = new T();
        Fill(value, json, report);
        return value;
    }

    /// <exception cref="KubeDecodeException">not JSON, or a value of the wrong type</exception>
    public static KubeObject Read(ResourceInfo resource, ReadOnlySpan<byte> json, DecodeReport? report = null)
    {
        var value = resource.Create();
        Fill(value, json, report);
        return value;
    }

    /// <summary>Reads a list answer; its items need no apiVersion and kind of their own.</summary>
    public static KubeList<T> ReadList<T>(ReadOnlySpan<byte> json)
        where T : KubeObject, new()
    {
        var list = new KubeList<T>();
        ReadList(json, list.Metadata, () =>
        {
            var item = new T();
            list.Items.Add(item);
            return item;
        });
        return list;
    }

    /// <summary>Reads a list answer of a kind known only at run time.</summary>
    public static KubeList<KubeObject> ReadList(ResourceInfo resource, ReadOnlySpan<byte> json)
    {
        var list = new KubeList<KubeObject>();
        ReadList(json, list.Metadata, () =>
        {
            var item = resource.Create();
            list.Items.Add(item);
            return item;
        });
        return list;
    }

    public static byte[] Write(ApiStruct value) => JsonOut.ToBytes(value);

    public static void Write(IBufferWriter<byte> output, ApiStruct value)
    {
        using var writer = new Utf8JsonWriter(output, JsonOut.Options);
        value.WriteJson(writer);
    }

    /// <summary>Writes a list answer: kind and apiVersion of the list, metadata, items.</summary>
    public static byte[] WriteList<T>(ResourceInfo resource, KubeList<T> list)
        where T : KubeObject
        => JsonOut.ToBytes(w =>
        {
            w.WriteStartObject();
            w.WriteString("kind"u8, resource.ListKind);
            w.WriteString("apiVersion"u8, resource.ApiVersion);
            w.Put("metadata"u8, list.Metadata);
            w.Put("items"u8, list.Items);
            w.WriteEndObject();
        });

    /// <summary>The writer settings every Kubernetes document uses: relaxed escaping, compact.</summary>
    public static Utf8JsonWriter Writer(IBufferWriter<byte> output) => new(output, JsonOut.Options);

    /// <summary>Reads apiVersion and kind without reading the rest.</summary>
    /// <exception cref="KubeDecodeException">not JSON, or not an object</exception>
    public static (string ApiVersion, string Kind) Identify(ReadOnlySpan<byte> json)
    {
        try
        {
            return TypeMetaOf(json);
        }
        catch (JsonException e)
        {
            throw JsonSyntax.Explain(e, json);
        }
    }

    private static (string ApiVersion, string Kind) TypeMetaOf(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = JsonIn.MaxDepth });
        string apiVersion = "", kind = "";
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new KubeDecodeException("couldn't get version/kind; json parse error: json: cannot unmarshal "
                + (reader.TokenType switch { JsonTokenType.StartArray => "array", JsonTokenType.String => "string", JsonTokenType.Number => "number", _ => "value" })
                + " into Go value of type struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isKind = reader.ValueTextEquals("kind"u8);
            var isVersion = !isKind && reader.ValueTextEquals("apiVersion"u8);
            reader.Read();
            if ((isKind || isVersion) && reader.TokenType == JsonTokenType.String)
            {
                (isKind ? ref kind : ref apiVersion) = reader.GetString()!;
            }
            else
            {
                reader.Skip();
            }

            if (kind.Length > 0 && apiVersion.Length > 0)
            {
                break;
            }
        }

        return (apiVersion, kind);
    }

    internal static void Fill(ApiStruct value, ReadOnlySpan<byte> json, DecodeReport? report)
    {
        try
        {
            var d = new JsonIn(json, report);
            d.Next();
            value.ReadJson(ref d);
            d.Next();
        }
        catch (JsonException e)
        {
            throw JsonSyntax.Explain(e, json);
        }
    }

    private static void ReadList(ReadOnlySpan<byte> json, ListMeta metadata, Func<ApiStruct> add)
    {
        try
        {
            var d = new JsonIn(json, null);
            d.Next();
            d.List(metadata, add);
        }
        catch (JsonException e)
        {
            throw JsonSyntax.Explain(e, json);
        }
    }
}
