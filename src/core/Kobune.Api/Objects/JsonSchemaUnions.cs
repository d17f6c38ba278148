namespace Kobune.Api.ApiExtensions.V1;

using System.Text.Json;

// The three places where a JSON schema is one thing or another. On the wire they are messages; in JSON they are
// the alternative itself, so these halves of the generated classes are written by hand.

public sealed partial class JSONSchemaPropsOrArray
{
    internal override void ReadJson(ref JsonIn d)
    {
        if (d.Token == JsonTokenType.StartArray)
        {
            JsonSchemas = d.Structs<JSONSchemaProps>();
        }
        else if (d.Token == JsonTokenType.StartObject)
        {
            Schema = d.Struct(new JSONSchemaProps());
        }
    }

    public override void WriteJson(Utf8JsonWriter w)
    {
        if (JsonSchemas.Count > 0)
        {
            w.WriteStartArray();
            foreach (var schema in JsonSchemas)
            {
                schema.WriteJson(w);
            }

            w.WriteEndArray();
        }
        else
        {
            JsonOut.StructValue(w, Schema);
        }
    }
}

public sealed partial class JSONSchemaPropsOrBool
{
    internal override void ReadJson(ref JsonIn d)
    {
        switch (d.Token)
        {
            case JsonTokenType.StartObject:
                Allows = true;
                Schema = d.Struct(new JSONSchemaProps());
                break;
            case JsonTokenType.True or JsonTokenType.False:
                Allows = d.Bool();
                break;
            case not JsonTokenType.Null:
                throw new KubeDecodeException("boolean or JSON schema expected");
        }
    }

    public override void WriteJson(Utf8JsonWriter w)
    {
        if (Schema != null)
        {
            Schema.WriteJson(w);
        }
        else
        {
            w.WriteBooleanValue(Allows);
        }
    }
}

public sealed partial class JSONSchemaPropsOrStringArray
{
    internal override void ReadJson(ref JsonIn d)
    {
        if (d.Token == JsonTokenType.StartArray)
        {
            Property = d.Strings();
        }
        else if (d.Token == JsonTokenType.StartObject)
        {
            Schema = d.Struct(new JSONSchemaProps());
        }
    }

    public override void WriteJson(Utf8JsonWriter w)
    {
        if (Property.Count > 0)
        {
            JsonOut.StringsValue(w, Property);
        }
        else
        {
            JsonOut.StructValue(w, Schema);
        }
    }
}
