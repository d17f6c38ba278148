namespace Kobune.Api;

using System.Buffers.Binary;
using System.Text;

internal delegate T ProtoRead<out T>(ref ProtoIn p);

/// <summary>
/// The reading half of the protobuf codec: a cursor over one message and the messages in it. Value methods read the
/// value of the field whose header <see cref="Next"/> just read. Unknown fields are skipped.
/// </summary>
internal ref struct ProtoIn
{
    private const int MaxDepth = 200;
    private readonly ReadOnlySpan<byte> _data;
    private int _at;
    private int _end;
    private int _wire;
    private int _depth;

    internal ProtoIn(ReadOnlySpan<byte> data)
    {
        _data = data;
        _end = data.Length;
    }

    /// <summary>Reads the next field's header; false at the end of the current message.</summary>
    internal bool Next(out int field)
    {
        if (_at >= _end)
        {
            field = 0;
            return false;
        }

        var key = Varint();
        _wire = (int)(key & 7);
        field = (int)(key >> 3);
        return field > 0 ? true : throw Bad("illegal tag 0");
    }

    internal void Skip()
    {
        switch (_wire)
        {
            case 0: Varint(); break;
            case 1: Advance(8); break;
            case 2: Advance(Size()); break;
            case 5: Advance(4); break;
            default: throw Bad($"illegal wireType {_wire}");
        }
    }

    /// <summary>Steps into a nested message; give the result to <see cref="Exit"/>.</summary>
    internal int Enter()
    {
        if (_wire != 2 || ++_depth > MaxDepth)
        {
            throw Bad(_wire != 2 ? $"wrong wireType = {_wire}" : "nested too deeply");
        }

        var size = Size();
        var outer = _end;
        _end = _at + size;
        return outer;
    }

    internal void Exit(int outer)
    {
        _at = _end;
        _end = outer;
        _depth--;
    }

    internal T Struct<T>(T target)
        where T : ApiStruct
    {
        var outer = Enter();
        Fill(target);
        Exit(outer);
        return target;
    }

    internal void Fill(ApiStruct target)
    {
        while (Next(out var field))
        {
            if (!target.ReadProto(field, ref this))
            {
                Skip();
            }
        }
    }

    internal string String() => Encoding.UTF8.GetString(Span());

    internal byte[] Bytes() => Span().ToArray();

    internal ReadOnlySpan<byte> Span()
    {
        if (_wire != 2)
        {
            throw Bad($"wrong wireType = {_wire}");
        }

        var size = Size();
        var span = _data.Slice(_at, size);
        _at += size;
        return span;
    }

    internal bool Bool() => Int64() != 0;

    internal int Int32() => (int)Int64();

    internal long Int64() => _wire == 0 ? (long)Varint() : throw Bad($"wrong wireType = {_wire}");

    internal double Double()
    {
        if (_wire != 1)
        {
            throw Bad($"wrong wireType = {_wire}");
        }

        Advance(8);
        return BinaryPrimitives.ReadDoubleLittleEndian(_data[(_at - 8)..]);
    }

    /// <summary>Repeated numbers, packed or not.</summary>
    internal void Ints<T>(List<T> list, Func<long, T> convert)
    {
        if (_wire != 2)
        {
            list.Add(convert(Int64()));
            return;
        }

        var outer = Enter();
        while (_at < _end)
        {
            list.Add(convert((long)Varint()));
        }

        Exit(outer);
    }

    internal DateTimeOffset? Time()
    {
        var outer = Enter();
        var empty = _at == _end;
        long seconds = 0;
        var nanos = 0;
        while (Next(out var field))
        {
            switch (field)
            {
                case 1: seconds = Int64(); break;
                case 2: nanos = Int32(); break;
                default: Skip(); break;
            }
        }

        Exit(outer);
        return empty ? null : DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(seconds, -62135596800, 253402300799)).AddTicks(nanos / 100);
    }

    internal TimeSpan Duration() => TimeSpan.FromTicks(Field(1, static (ref p) => p.Int64(), 0) / 100);

    internal Quantity Quantity()
    {
        var text = Field(1, static (ref p) => p.String(), "");
        return text.Length == 0 ? default : QuantityParser.TryParse(text, out var q, out var error) ? q : throw Bad(error);
    }

    internal IntOrString IntOrString()
    {
        var outer = Enter();
        long type = 0;
        var number = 0;
        var text = "";
        while (Next(out var field))
        {
            switch (field)
            {
                case 1: type = Int64(); break;
                case 2: number = Int32(); break;
                case 3: text = String(); break;
                default: Skip(); break;
            }
        }

        Exit(outer);
        return type == 1 ? new IntOrString(text) : new IntOrString(number);
    }

    /// <summary>An empty message is an absent value.</summary>
    internal RawJson? Raw()
    {
        var bytes = Field<byte[]?>(1, static (ref p) => p.Bytes(), null);
        return bytes == null ? null : new RawJson(bytes);
    }

    internal List<string> WrappedStrings()
    {
        var list = new List<string>();
        var outer = Enter();
        while (Next(out var field))
        {
            if (field == 1)
            {
                list.Add(String());
            }
            else
            {
                Skip();
            }
        }

        Exit(outer);
        return list;
    }

    internal void Entry<T>(Dictionary<string, T> map, ProtoRead<T> read, T empty)
    {
        var key = "";
        var value = empty;
        var outer = Enter();
        while (Next(out var field))
        {
            switch (field)
            {
                case 1: key = String(); break;
                case 2: value = read(ref this); break;
                default: Skip(); break;
            }
        }

        Exit(outer);
        map[key] = value;
    }

    internal void StructEntry<T>(Dictionary<string, T> map)
        where T : ApiStruct, new()
        => Entry(map, static (ref p) => p.Struct(new T()), new T());

    private T Field<T>(int number, ProtoRead<T> read, T value)
    {
        var outer = Enter();
        while (Next(out var field))
        {
            if (field == number)
            {
                value = read(ref this);
            }
            else
            {
                Skip();
            }
        }

        Exit(outer);
        return value;
    }

    private int Size()
    {
        var size = Varint();
        return size <= (ulong)(_end - _at) ? (int)size : throw Bad("unexpected EOF");
    }

    private void Advance(int n)
    {
        if (n > _end - _at)
        {
            throw Bad("unexpected EOF");
        }

        _at += n;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (_at >= _end)
            {
                throw Bad("unexpected EOF");
            }

            var b = _data[_at++];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw Bad("integer overflow");
    }

    private static KubeDecodeException Bad(string what) => new("proto: " + what);
}
