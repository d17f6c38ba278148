using System.Buffers.Binary;

namespace Kobune.Client.Streaming;

/// <summary>Reads frame headers and payloads from the transport through one buffer.</summary>
internal sealed class SpdyFrameReader(Stream transport)
{
    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _start, _end;

    /// <summary>The next frame's header; null at the end of the connection between two frames.</summary>
    /// <exception cref="SpdyException">The connection ended inside a header.</exception>
    public async ValueTask<SpdyFrameHeader?> ReadHeaderAsync(CancellationToken cancellationToken)
    {
        while (_end - _start < SpdyFrame.HeaderLength)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
            var count = await transport.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            if (count == 0)
            {
                return _end == 0 ? null : throw new SpdyException("the connection ended inside a frame");
            }

            _end += count;
        }

        var first = BinaryPrimitives.ReadUInt32BigEndian(_buffer.AsSpan(_start));
        var second = BinaryPrimitives.ReadUInt32BigEndian(_buffer.AsSpan(_start + 4));
        _start += SpdyFrame.HeaderLength;
        return new SpdyFrameHeader(first, (byte)(second >> 24), (int)(second & 0xffffff));
    }

    /// <summary>Some bytes of the payload, at least one.</summary>
    /// <exception cref="SpdyException">The connection ended inside the payload.</exception>
    public async ValueTask<int> ReadSomeAsync(Memory<byte> to, CancellationToken cancellationToken)
    {
        if (_end > _start)
        {
            var buffered = Math.Min(to.Length, _end - _start);
            _buffer.AsMemory(_start, buffered).CopyTo(to);
            _start += buffered;
            return buffered;
        }

        var count = await transport.ReadAsync(to, cancellationToken);
        return count > 0 ? count : throw new SpdyException("the connection ended inside a frame");
    }

    public async ValueTask<byte[]> ReadPayloadAsync(int length, CancellationToken cancellationToken)
    {
        var payload = new byte[length];
        for (var at = 0; at < length;)
        {
            at += await ReadSomeAsync(payload.AsMemory(at), cancellationToken);
        }

        return payload;
    }

    public async ValueTask SkipAsync(int length, CancellationToken cancellationToken)
    {
        var scratch = length > 0 ? new byte[Math.Min(length, 4096)] : [];
        while (length > 0)
        {
            length -= await ReadSomeAsync(scratch.AsMemory(0, Math.Min(length, scratch.Length)), cancellationToken);
        }
    }
}

/// <summary>The eight bytes before every payload.</summary>
internal readonly record struct SpdyFrameHeader(uint First, byte Flags, int Length)
{
    public bool IsControl => (First & 0x8000_0000) != 0;
    public uint StreamId => First & 0x7fff_ffff;
    public ushort Version => (ushort)(First >> 16 & 0x7fff);
    public ushort Type => (ushort)First;
    public bool Fin => (Flags & SpdyFrame.Fin) != 0;
}
