namespace Kobune.Api;

using Kobune.Api.Meta.V1;

/// <summary>
/// The protobuf form of the API: <c>k8s\0</c>, then runtime.Unknown with the type and the raw message. Only built-in
/// kinds have it.
/// </summary>
public static class KubeProto
{
    [ThreadStatic]
    private static ProtoOut? _cached;

    public static ReadOnlySpan<byte> Magic => "k8s\0"u8;

    public static bool IsProto(ReadOnlySpan<byte> data) => data.StartsWith(Magic);

    /// <summary>Writes an object with its envelope.</summary>
    public static byte[] Write(KubeObject value) => Envelope(value.ApiVersion, value.Kind, value.WriteProto);

    /// <summary>Writes a type that carries kind and apiVersion itself (Status, APIResourceList) with the envelope.</summary>
    public static byte[] Write(ApiStruct value, string apiVersion, string kind) => Envelope(apiVersion, kind, value.WriteProto);

    /// <summary>Writes a list with its envelope; kind is the list's ("PodList").</summary>
    public static byte[] WriteList(ResourceInfo resource, ListMeta metadata, IReadOnlyList<KubeObject> items) =>
        Envelope(resource.ApiVersion, resource.ListKind, o =>
        {
            for (var i = items.Count - 1; i >= 0; i--)
            {
                o.Struct(2, items[i]);
            }

            o.Struct(1, metadata);
        });

    /// <summary>
    /// Writes one event of a protobuf watch stream: four bytes of length, big endian, then a WatchEvent whose object is
    /// <paramref name="enveloped"/>, an object written by <see cref="Write(KubeObject)"/>.
    /// </summary>
    public static byte[] WriteWatchEvent(string type, ReadOnlySpan<byte> enveloped)
    {
        var o = Rent();
        var end = o.Length;
        o.Bytes(1, enveloped);
        o.End(2, end);
        o.String(1, type);
        Span<byte> length = stackalloc byte[4];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(length, o.Length);
        o.Prefix(length);
        return Return(o);
    }

    /// <exception cref="KubeDecodeException">not the envelope, another kind, or broken</exception>
    public static KubeObject Read(ResourceInfo resource, ReadOnlySpan<byte> data)
    {
        var value = resource.Create();
        Fill(value, Open(data, out _, out _));
        return value;
    }

    /// <summary>Reads any generated type out of the envelope.</summary>
    public static T Read<T>(ReadOnlySpan<byte> data)
        where T : ApiStruct, new()
    {
        var value = new T();
        Fill(value, Open(data, out _, out _));
        return value;
    }

    public static KubeList<KubeObject> ReadList(ResourceInfo resource, ReadOnlySpan<byte> data)
    {
        var list = new KubeList<KubeObject>();
        var p = new ProtoIn(Open(data, out _, out _));
        while (p.Next(out var field))
        {
            switch (field)
            {
                case 1: p.Struct(list.Metadata); break;
                case 2: list.Items.Add(p.Struct(resource.Create())); break;
                default: p.Skip(); break;
            }
        }

        return list;
    }

    /// <summary>Reads a WatchEvent (without the length that precedes it); the object keeps its envelope.</summary>
    public static (string Type, byte[] Object) ReadWatchEvent(ReadOnlySpan<byte> data)
    {
        var value = new WatchEvent();
        Fill(value, data);
        return (value.Type, value.Object?.Utf8.ToArray() ?? []);
    }

    /// <summary>The apiVersion and kind that an envelope declares.</summary>
    public static (string ApiVersion, string Kind) Identify(ReadOnlySpan<byte> data)
    {
        Open(data, out var apiVersion, out var kind);
        return (apiVersion, kind);
    }

    internal static void Fill(ApiStruct value, ReadOnlySpan<byte> raw)
    {
        var p = new ProtoIn(raw);
        p.Fill(value);
    }

    private static ReadOnlySpan<byte> Open(ReadOnlySpan<byte> data, out string apiVersion, out string kind)
    {
        if (!IsProto(data))
        {
            throw new KubeDecodeException("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
        }

        apiVersion = kind = "";
        ReadOnlySpan<byte> raw = default;
        var p = new ProtoIn(data[Magic.Length..]);
        while (p.Next(out var field))
        {
            switch (field)
            {
                case 1: TypeMeta(ref p, ref apiVersion, ref kind); break;
                case 2: raw = p.Span(); break;
                default: p.Skip(); break;
            }
        }

        return raw;
    }

    private static void TypeMeta(ref ProtoIn p, ref string apiVersion, ref string kind)
    {
        var outer = p.Enter();
        while (p.Next(out var field))
        {
            switch (field)
            {
                case 1: apiVersion = p.String(); break;
                case 2: kind = p.String(); break;
                default: p.Skip(); break;
            }
        }

        p.Exit(outer);
    }

    private static byte[] Envelope(string apiVersion, string kind, Action<ProtoOut> write)
    {
        var o = Rent();
        o.String(4, "");
        o.String(3, "");
        var end = o.Length;
        write(o);
        o.End(2, end);
        end = o.Length;
        o.String(2, kind);
        o.String(1, apiVersion);
        o.End(1, end);
        o.Prefix(Magic);
        return Return(o);
    }

    private static ProtoOut Rent()
    {
        var o = _cached ?? new ProtoOut();
        _cached = null;
        o.Reset();
        return o;
    }

    private static byte[] Return(ProtoOut o)
    {
        var bytes = o.Written.ToArray();
        _cached = o.Capacity <= 256 * 1024 ? o : null;
        return bytes;
    }
}
