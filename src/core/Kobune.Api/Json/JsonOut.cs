namespace Kobune.Api;

using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

/// <summary>
/// The writing half of the JSON codec. <c>Put</c> always writes; <c>PutIf</c> omits zero, null and empty, as Go's
/// omitempty does. Maps are written in ordinal order of their keys.
/// </summary>
internal static class JsonOut
{
    internal static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
    internal static readonly JsonWriterOptions Options = new() { Encoder = Encoder, SkipValidation = true };

    [ThreadStatic]
    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer)? _cached;

    internal static byte[] ToBytes(Action<Utf8JsonWriter> write)
    {
        var (buffer, writer) = Rent();
        write(writer);
        writer.Flush();
        var bytes = buffer.WrittenSpan.ToArray();
        Return(buffer, writer);
        return bytes;
    }

    internal static byte[] ToBytes(ApiStruct value)
    {
        var (buffer, writer) = Rent();
        value.WriteJson(writer);
        writer.Flush();
        var bytes = buffer.WrittenSpan.ToArray();
        Return(buffer, writer);
        return bytes;
    }

    internal static bool SameJson(ApiStruct a, ApiStruct b)
    {
        var (buffer, writer) = Rent();
        a.WriteJson(writer);
        writer.Flush();
        var split = buffer.WrittenCount;
        writer.Reset();
        b.WriteJson(writer);
        writer.Flush();
        var same = buffer.WrittenSpan[..split].SequenceEqual(buffer.WrittenSpan[split..]);
        Return(buffer, writer);
        return same;
    }

    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer) Rent()
    {
        if (_cached is not { } pair)
        {
            var fresh = new ArrayBufferWriter<byte>(1024);
            return (fresh, new Utf8JsonWriter(fresh, Options));
        }

        _cached = null;
        pair.Buffer.ResetWrittenCount();
        pair.Writer.Reset();
        return pair;
    }

    private static void Return(ArrayBufferWriter<byte> buffer, Utf8JsonWriter writer)
    {
        // A buffer that grew for one large object is not kept.
        if (buffer.Capacity <= 256 * 1024)
        {
            _cached = (buffer, writer);
        }
    }

    internal static void Put(this Utf8JsonWriter w, ReadOnlySpan<byte> name, string? v)
    {
        if (v == null)
        {
            w.WriteNull(name);
        }
        else
        {
            w.WriteString(name, v);
        }
    }

    internal static void PutIf(this Utf8JsonWriter w, ReadOnlySpan<byte> name, string? v)
    {
        if (!string.IsNullOrEmpty(v))
        {
            w.WriteString(name, v);
        }
    }

    /// <summary>For pointers to strings, where the empty string is a value.</summary>
    internal static void PutIfSet(this Utf8JsonWriter w, ReadOnlySpan<byte> name, string? v)
    {
        if (v != null)
        {
            w.WriteString(name, v);
        }
    }

    internal static void Put(this Utf8JsonWriter w, ReadOnlySpan<byte> name, bool v) => w.WriteBoolean(name, v);

    internal static void PutIf(this Utf8JsonWriter w, ReadOnlySpan<byte> name, bool v)
    {
        if (v)
        {
            w.WriteBoolean(name, true);
        }
    }

    internal static void Put(this Utf8JsonWriter w, ReadOnlySpan<byte> name, bool? v) => Nullable(w, name, v, static (w, v) => w.WriteBooleanValue(v));

    internal static void PutIf(this Utf8JsonWriter w, ReadOnlySpan<byte> name, bool? v)
    {
        if (v is { } b)
        {
            w.WriteBoolean(name, b);
        }
    }

    [System.Runtime.CompilerServices.OverloadResolutionPriority(1)]
    internal static void Put(this Utf8JsonWriter w, ReadOnlySpan<byte> name, long v) => w.WriteNumber(name, v);

    [System.Runtime.CompilerServices.OverloadResolutionPriority(1)]
    internal static void PutIf(this Utf8JsonWriter w, ReadOnlySpan<byte> name, long v)
    {
        if (v != 0)
        {
            w.WriteNumber(name, v);
        }
    }

    [System.Runtime.CompilerServices.OverloadResolutionPriority(1)]
    internal static void Put(this Utf8JsonWriter w, ReadOnlySpan<byte> name, long? v) => Nullable(w, name, v, static (w, v) => w.WriteNumberValue(v));

    [System.Runtime.CompilerServices.OverloadResolutionPriority(1)]
    internal static void PutIf(this Utf8JsonWriter w, ReadOnlySpan<byte> name, long? v)
    {
        if (v is { } n)
        {
            w.WriteNumber(name, n);
        }
    }

    internal static void PutIf(this Utf8JsonWriter w, ReadOnlySpan<byte> name, double? v)
    {
        if (v is { } n)
        {
            w.WriteNumber(name, n);
        }
    }

    internal static void Put(this Utf8JsonWriter w, ReadOnlySpan<byte> name, TimeSpan v) => w.WriteString(name, GoDuration.Format(v));

    internal static void Put(this Utf8JsonWriter w, ReadOnlySpan<byte> name, DateTimeOffset? v)
    {
        w.WritePropertyName(name);
        TimeValue(w, v);
    }

    internal static void PutIf(this Utf8JsonWriter w, ReadOnlySpan<byte> name, DateTimeOffset? v)
    {
        if (v != null)
        {
            Put(w, name, v);
        }
    }

    internal static void PutMicro(this Utf8JsonWriter w, ReadOnlySpan<byte> name, DateTimeOffset? v)
    {
        if (v is { } time)
        {
            w.WriteString(name, KubeTime.Micro(time));
        }
        else
        {
            w.WriteNull(name);
        }
    }

    internal static void PutMicroIf(this Utf8JsonWriter w, ReadOnlySpan<byte> name, DateTimeOffset? v)
    {
        if (v != null)
        {
            PutMicro(w, name, v);
        }
    }

    internal static void Put(this Utf8JsonWriter w, ReadOnlySpan<byte> name, Quantity v) => w.WriteString(name, v.ToString());

    internal static void PutIf(this Utf8JsonWriter w, ReadOnlySpan<byte> name, Quantity? v)
    {
        if (v is { } q)
        {
            Put(w, name, q);
        }
    }

    internal static void Put(this Utf8JsonWriter w, ReadOnlySpan<byte> name, Quantity? v) => Nullable(w, name, v, static (w, v) => w.WriteStringValue(v.ToString()));

    internal static void Put(this Utf8JsonWriter w, ReadOnlySpan<byte> name, IntOrString v)
    {
        w.WritePropertyName(name);
        IntOrStringValue(w, v);
    }

    internal static void PutIf(this Utf8JsonWriter w, ReadOnlySpan<byte> name, IntOrString? v)
    {
        if (v is { } value)
        {
            Put(w, name, value);
        }
    }

    internal static void Put(this Utf8JsonWriter w, ReadOnlySpan<byte> name, IntOrString? v) => Nullable(w, name, v, IntOrStringValue);

    internal static void Put(this Utf8JsonWriter w, ReadOnlySpan<byte> name, byte[]? v)
    {
        w.WritePropertyName(name);
        BytesValue(w, v);
    }

    internal static void PutIf(this Utf8JsonWriter w, ReadOnlySpan<byte> name, byte[]? v)
    {
        if (v is { Length: > 0 })
        {
            w.WriteBase64String(name, v);
        }
    }

    internal static void Put(this Utf8JsonWriter w, ReadOnlySpan<byte> name, RawJson? v)
    {
        w.WritePropertyName(name);
        RawValue(w, v);
    }

    internal static void PutIf(this Utf8JsonWriter w, ReadOnlySpan<byte> name, RawJson? v)
    {
        if (v != null)
        {
            Put(w, name, v);
        }
    }

    internal static void Put(this Utf8JsonWriter w, ReadOnlySpan<byte> name, ApiStruct? v)
    {
        w.WritePropertyName(name);
        StructValue(w, v);
    }

    internal static void PutIf(this Utf8JsonWriter w, ReadOnlySpan<byte> name, ApiStruct? v)
    {
        if (v != null)
        {
            w.WritePropertyName(name);
            v.WriteJson(w);
        }
    }

    internal static void Put<T>(this Utf8JsonWriter w, ReadOnlySpan<byte> name, List<T>? list, Action<Utf8JsonWriter, T> value)
    {
        w.WriteStartArray(name);
        for (var i = 0; i < (list?.Count ?? 0); i++)
        {
            value(w, list![i]);
        }

        w.WriteEndArray();
    }

    internal static void PutIf<T>(this Utf8JsonWriter w, ReadOnlySpan<byte> name, List<T>? list, Action<Utf8JsonWriter, T> value)
    {
        if (list is { Count: > 0 })
        {
            Put(w, name, list, value);
        }
    }

    internal static void Put<T>(this Utf8JsonWriter w, ReadOnlySpan<byte> name, List<T>? list)
        where T : ApiStruct
    {
        w.WriteStartArray(name);
        for (var i = 0; i < (list?.Count ?? 0); i++)
        {
            list![i].WriteJson(w);
        }

        w.WriteEndArray();
    }

    internal static void PutIf<T>(this Utf8JsonWriter w, ReadOnlySpan<byte> name, List<T>? list)
        where T : ApiStruct
    {
        if (list is { Count: > 0 })
        {
            Put(w, name, list);
        }
    }

    internal static void Put<T>(this Utf8JsonWriter w, ReadOnlySpan<byte> name, Dictionary<string, T>? map, Action<Utf8JsonWriter, T> value)
    {
        w.WriteStartObject(name);
        foreach (var (k, v) in SortedMap.Of(map))
        {
            w.WritePropertyName(k);
            value(w, v);
        }

        w.WriteEndObject();
    }

    internal static void PutIf<T>(this Utf8JsonWriter w, ReadOnlySpan<byte> name, Dictionary<string, T>? map, Action<Utf8JsonWriter, T> value)
    {
        if (map is { Count: > 0 })
        {
            Put(w, name, map, value);
        }
    }

    internal static void StringValue(Utf8JsonWriter w, string v) => w.WriteStringValue(v);

    internal static void BoolValue(Utf8JsonWriter w, bool v) => w.WriteBooleanValue(v);

    internal static void Int32Value(Utf8JsonWriter w, int v) => w.WriteNumberValue(v);

    internal static void Int64Value(Utf8JsonWriter w, long v) => w.WriteNumberValue(v);

    internal static void QuantityValue(Utf8JsonWriter w, Quantity v) => w.WriteStringValue(v.ToString());

    internal static void TimeValue(Utf8JsonWriter w, DateTimeOffset? v)
    {
        if (v is { } time)
        {
            w.WriteStringValue(KubeTime.Seconds(time));
        }
        else
        {
            w.WriteNullValue();
        }
    }

    internal static void RawValue(Utf8JsonWriter w, RawJson? v)
    {
        if (v == null || v.Utf8.IsEmpty)
        {
            w.WriteNullValue();
        }
        else
        {
            w.WriteRawValue(v.Utf8.Span, skipInputValidation: true);
        }
    }

    internal static void BytesValue(Utf8JsonWriter w, byte[]? v)
    {
        if (v == null)
        {
            w.WriteNullValue();
        }
        else
        {
            w.WriteBase64StringValue(v);
        }
    }

    internal static void StructValue(Utf8JsonWriter w, ApiStruct? v)
    {
        if (v == null)
        {
            w.WriteNullValue();
        }
        else
        {
            v.WriteJson(w);
        }
    }

    internal static void StringsValue(Utf8JsonWriter w, List<string> list)
    {
        w.WriteStartArray();
        foreach (var item in list)
        {
            w.WriteStringValue(item);
        }

        w.WriteEndArray();
    }

    private static void IntOrStringValue(Utf8JsonWriter w, IntOrString v)
    {
        if (v.IsString)
        {
            w.WriteStringValue(v.StringValue);
        }
        else
        {
            w.WriteNumberValue(v.IntValue);
        }
    }

    private static void Nullable<T>(Utf8JsonWriter w, ReadOnlySpan<byte> name, T? v, Action<Utf8JsonWriter, T> value)
        where T : struct
    {
        w.WritePropertyName(name);
        if (v is { } some)
        {
            value(w, some);
        }
        else
        {
            w.WriteNullValue();
        }
    }
}
