namespace Kobune.Api;

using System.Text.Json;

/// <summary>
/// The base of every type of the API. The generator fills in what differs per type; the loops that read and write
/// live here and in the codecs, once.
/// </summary>
public abstract class ApiStruct
{
    /// <summary>The type's name as decode errors print it (<c>DeploymentSpec</c>).</summary>
    internal abstract string GoName { get; }

    /// <summary>The number of the field with this JSON name, or -1. Case-sensitive.</summary>
    internal abstract int FieldOf(ReadOnlySpan<byte> name);

    internal abstract void ReadField(int field, ref JsonIn d);

    internal abstract void WriteFields(Utf8JsonWriter w);

    internal abstract bool ReadProto(int number, ref ProtoIn p);

    internal abstract void WriteProto(ProtoOut o);

    internal abstract ApiStruct CloneStruct();

    /// <summary>Takes a field that <see cref="FieldOf"/> does not know; false when it had been there before.</summary>
    internal virtual bool KeepUnknown(string name, ref JsonIn d) => throw new NotSupportedException();

    /// <summary>Whether <see cref="KeepUnknown"/> is to be offered what no field knows.</summary>
    internal virtual bool KeepsUnknown => false;

    internal virtual void ReadJson(ref JsonIn d) => d.Object(this);

    /// <summary>Writes the value as one JSON object (or what its type prescribes).</summary>
    public virtual void WriteJson(Utf8JsonWriter w)
    {
        w.WriteStartObject();
        WriteFields(w);
        w.WriteEndObject();
    }

    /// <summary>The compact JSON, for messages and debugging.</summary>
    public override string ToString() => System.Text.Encoding.UTF8.GetString(JsonOut.ToBytes(WriteJson));

    /// <summary>Equality of content: absent and empty are the same, amounts compare by value in their canonical spelling.</summary>
    public static bool DeepEquals(ApiStruct? a, ApiStruct? b) =>
        ReferenceEquals(a, b) || (a != null && b != null && a.GetType() == b.GetType() && JsonOut.SameJson(a, b));

    /// <summary>Equality of two lists, element by element.</summary>
    public static bool DeepEquals<T>(IReadOnlyList<T> a, IReadOnlyList<T> b)
        where T : ApiStruct
    {
        if (a.Count != b.Count)
        {
            return false;
        }

        for (var i = 0; i < a.Count; i++)
        {
            if (!DeepEquals(a[i], b[i]))
            {
                return false;
            }
        }

        return true;
    }
}
