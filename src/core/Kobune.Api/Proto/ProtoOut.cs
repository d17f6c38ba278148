namespace Kobune.Api;

using System.Buffers.Binary;
using System.Text;

/// <summary>
/// Writes protobuf from the end towards the front, so that a nested message's length is known when its header is
/// due and nothing is measured twice. Generated code therefore calls in descending order of field numbers.
/// </summary>
internal sealed class ProtoOut
{
    private byte[] _buffer = new byte[1024];
    private int _start = 1024;

    internal int Length => _buffer.Length - _start;

    internal int Capacity => _buffer.Length;

    internal ReadOnlySpan<byte> Written => _buffer.AsSpan(_start);

    internal void Reset() => _start = _buffer.Length;

    internal void String(int field, string? v)
    {
        if (v == null)
        {
            return;
        }

        var n = Encoding.UTF8.GetByteCount(v);
        Encoding.UTF8.GetBytes(v, Take(n));
        Header(field, n);
    }

    internal void Bytes(int field, ReadOnlySpan<byte> v)
    {
        v.CopyTo(Take(v.Length));
        Header(field, v.Length);
    }

    internal void Bytes(int field, byte[]? v)
    {
        if (v != null)
        {
            Bytes(field, v.AsSpan());
        }
    }

    internal void Bool(int field, bool? v)
    {
        if (v is { } b)
        {
            Take(1)[0] = b ? (byte)1 : (byte)0;
            Varint((uint)field << 3);
        }
    }

    internal void Int(int field, long? v)
    {
        if (v is { } n)
        {
            Varint((ulong)n);
            Varint((uint)field << 3);
        }
    }

    internal void Double(int field, double? v)
    {
        if (v is { } d)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(Take(8), d);
            Varint(((uint)field << 3) | 1);
        }
    }

    internal void Struct(int field, ApiStruct? v)
    {
        if (v != null)
        {
            var end = Length;
            v.WriteProto(this);
            End(field, end);
        }
    }

    internal void Structs<T>(int field, List<T>? list)
        where T : ApiStruct
    {
        for (var i = (list?.Count ?? 0) - 1; i >= 0; i--)
        {
            Struct(field, list![i]);
        }
    }

    internal void List<T>(int field, List<T>? list, Action<ProtoOut, int, T> write)
    {
        for (var i = (list?.Count ?? 0) - 1; i >= 0; i--)
        {
            write(this, field, list![i]);
        }
    }

    internal void Strings(int field, List<string>? list) => List(field, list, static (o, n, v) => o.String(n, v));

    /// <summary>A list of strings that is a message of its own (Verbs, ExtraValue).</summary>
    internal void WrappedStrings(int field, List<string>? list)
    {
        if (list != null)
        {
            var end = Length;
            Strings(1, list);
            End(field, end);
        }
    }

    internal void Map<T>(int field, Dictionary<string, T>? map, Action<ProtoOut, int, T> write)
    {
        var entries = SortedMap.Of(map);
        for (var i = entries.Length - 1; i >= 0; i--)
        {
            var end = Length;
            write(this, 2, entries[i].Value);
            String(1, entries[i].Key);
            End(field, end);
        }
    }

    /// <summary>A zero time is an empty message, as the reference writes it.</summary>
    internal void Time(int field, DateTimeOffset v)
    {
        var end = Length;
        var ticks = v.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;
        var seconds = Math.DivRem(ticks, TimeSpan.TicksPerSecond, out var rest);
        if (rest < 0)
        {
            seconds--;
            rest += TimeSpan.TicksPerSecond;
        }

        Int(2, rest * 100);
        Int(1, seconds);
        End(field, end);
    }

    internal void TimeOrEmpty(int field, DateTimeOffset? v)
    {
        if (v is { } time)
        {
            Time(field, time);
        }
        else
        {
            End(field, Length);
        }
    }

    internal void TimeIf(int field, DateTimeOffset? v)
    {
        if (v is { } time)
        {
            Time(field, time);
        }
    }

    internal void Duration(int field, TimeSpan v)
    {
        var end = Length;
        Int(1, v.Ticks * 100);
        End(field, end);
    }

    internal void Quantity(int field, Quantity? v)
    {
        if (v is { } q)
        {
            var end = Length;
            String(1, q.ToString());
            End(field, end);
        }
    }

    internal void IntOrString(int field, IntOrString? v)
    {
        if (v is { } value)
        {
            var end = Length;
            String(3, value.StringValue);
            Int(2, value.IntValue);
            Int(1, value.IsString ? 1 : 0);
            End(field, end);
        }
    }

    internal void Raw(int field, RawJson? v)
    {
        if (v != null)
        {
            var end = Length;
            Bytes(1, v.Utf8.Span);
            End(field, end);
        }
    }

    internal void RawOrEmpty(int field, RawJson? v)
    {
        if (v == null)
        {
            End(field, Length);
        }
        else
        {
            Raw(field, v);
        }
    }

    /// <summary>Closes a length-delimited field whose content began (at its end) when <see cref="Length"/> was <paramref name="end"/>.</summary>
    internal void End(int field, int end) => Header(field, Length - end);

    internal void Prefix(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    private void Header(int field, int length)
    {
        Varint((uint)length);
        Varint(((uint)field << 3) | 2);
    }

    private void Varint(ulong v)
    {
        var n = 1;
        for (var rest = v >> 7; rest != 0; rest >>= 7)
        {
            n++;
        }

        var span = Take(n);
        for (var i = 0; i < n; i++)
        {
            span[i] = (byte)((v & 0x7f) | (i < n - 1 ? 0x80u : 0u));
            v >>= 7;
        }
    }

    private Span<byte> Take(int n)
    {
        if (_start < n)
        {
            var used = Length;
            var bigger = new byte[Math.Max(_buffer.Length * 2, used + n)];
            _buffer.AsSpan(_start).CopyTo(bigger.AsSpan(bigger.Length - used));
            _start = bigger.Length - used;
            _buffer = bigger;
        }

        _start -= n;
        return _buffer.AsSpan(_start, n);
    }
}
