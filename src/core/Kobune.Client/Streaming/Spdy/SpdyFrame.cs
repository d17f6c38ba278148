using System.Buffers.Binary;

namespace Kobune.Client.Streaming;

/// <summary>Numbers and layouts of SPDY/3.1 frames (draft-mbelshe-httpbis-spdy-00 §2.2, §2.6).</summary>
internal static class SpdyFrame
{
    public const int HeaderLength = 8;
    public const int MaxDataLength = 32 * 1024;
    public const ushort Version = 3;

    public const ushort SynStream = 1, SynReply = 2, RstStream = 3, Settings = 4, Ping = 6, GoAway = 7, Headers = 8, WindowUpdate = 9;

    public const byte Fin = 1, Unidirectional = 2;

    public const uint ProtocolError = 1, InvalidStream = 2, RefusedStream = 3, Cancel = 5;

    public static void WriteControlHeader(Span<byte> to, ushort type, byte flags, int length)
    {
        BinaryPrimitives.WriteUInt16BigEndian(to, 0x8000 | Version);
        BinaryPrimitives.WriteUInt16BigEndian(to[2..], type);
        BinaryPrimitives.WriteUInt32BigEndian(to[4..], (uint)flags << 24 | (uint)length);
    }

    public static void WriteDataHeader(Span<byte> to, uint streamId, byte flags, int length)
    {
        BinaryPrimitives.WriteUInt32BigEndian(to, streamId);
        BinaryPrimitives.WriteUInt32BigEndian(to[4..], (uint)flags << 24 | (uint)length);
    }

    /// <summary>A control frame whose payload is one or two 32-bit numbers: RST_STREAM, PING, GOAWAY.</summary>
    public static byte[] Control(ushort type, params ReadOnlySpan<uint> payload)
    {
        var frame = new byte[HeaderLength + 4 * payload.Length];
        WriteControlHeader(frame, type, 0, 4 * payload.Length);
        for (var i = 0; i < payload.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(HeaderLength + 4 * i), payload[i]);
        }

        return frame;
    }

    /// <summary>SYN_STREAM or SYN_REPLY around a compressed header block. Priority 0 is the highest, 7 the lowest.</summary>
    public static byte[] WithHeaders(ushort type, byte flags, uint streamId, byte priority, ReadOnlySpan<byte> block)
    {
        var prefix = type == SynStream ? 10 : 4;
        var frame = new byte[HeaderLength + prefix + block.Length];
        WriteControlHeader(frame, type, flags, prefix + block.Length);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(HeaderLength), streamId);
        if (type == SynStream)
        {
            frame[HeaderLength + 8] = (byte)(priority << 5);
        }

        block.CopyTo(frame.AsSpan(HeaderLength + prefix));
        return frame;
    }
}
