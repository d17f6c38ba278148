namespace Kobune.Api;

using System.Text.Json;
using System.Text.Json.Nodes;
using Kobune.Api.Meta.V1;

/// <summary>
/// An object whose kind is known only at run time: a custom resource. The content is the JSON tree without apiVersion,
/// kind and metadata, which are held apart as on every other object.
/// </summary>
public sealed class DynamicObject(ResourceInfo resource) : KubeObject
{
    public override ResourceInfo Resource => resource;

    /// <summary>Everything but apiVersion, kind and metadata.</summary>
    public JsonObject Content { get; set; } = [];

    /// <summary>The apiVersion that the JSON gave, which may be another version's; empty for an object that was not read.</summary>
    public string WrittenApiVersion { get; private set; } = "";

    internal override string GoName => resource.Kind;

    public DynamicObject Clone() => new(resource)
    {
        Content = (JsonObject)Content.DeepClone(),
        MetadataOrNull = MetadataOrNull?.Clone(),
        WrittenApiVersion = WrittenApiVersion,
    };

    /// <summary>The same object as one of another version of its resource, or of another description of it. Content and metadata are shared, not copied.</summary>
    public DynamicObject As(ResourceInfo other) => new(other) { Content = Content, MetadataOrNull = MetadataOrNull, WrittenApiVersion = other.ApiVersion };

    public override void CopyStatus(KubeObject from)
    {
        if (((DynamicObject)from).Content["status"] is { } status)
        {
            Content["status"] = status.DeepClone();
        }
        else
        {
            Content.Remove("status");
        }
    }

    internal override ApiStruct CloneStruct() => Clone();

    internal override void ReadJson(ref JsonIn d)
    {
        Content = [];
        d.Object(this);
    }

    internal override int FieldOf(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("metadata"u8) ? 0 : name.SequenceEqual("kind"u8) ? 1 : name.SequenceEqual("apiVersion"u8) ? 2 : -1;

    internal override void ReadField(int field, ref JsonIn d)
    {
        if (field == 0)
        {
            Metadata = d.Struct(new ObjectMeta());
        }
        else if (field == 2)
        {
            WrittenApiVersion = d.String();
        }
        else
        {
            d.String();
        }
    }

    internal override bool KeepsUnknown => true;

    internal override bool KeepUnknown(string name, ref JsonIn d)
    {
        var again = Content.ContainsKey(name);
        Content[name] = d.Node();
        return !again;
    }

    internal override void WriteFields(Utf8JsonWriter w)
    {
        w.Put("kind"u8, Kind);
        w.Put("apiVersion"u8, ApiVersion);
        w.Put("metadata"u8, MetadataOrNull ?? new());
        foreach (var (name, value) in Content)
        {
            w.WritePropertyName(name);
            if (value == null)
            {
                w.WriteNullValue();
            }
            else
            {
                value.WriteTo(w);
            }
        }
    }

    internal override bool ReadProto(int number, ref ProtoIn p) => throw new NotSupportedException("custom resources have no protobuf form");

    internal override void WriteProto(ProtoOut o) => throw new NotSupportedException("custom resources have no protobuf form");
}
