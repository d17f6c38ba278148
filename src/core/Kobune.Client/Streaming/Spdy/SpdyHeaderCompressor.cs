using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Kobune.Client.Streaming;

/// <summary>
/// Writes header blocks as one zlib stream per connection, with stored (uncompressed) blocks: the headers here are a few
/// dozen bytes, which a compressor's state would outweigh by far.
/// </summary>
internal sealed class SpdyHeaderCompressor
{
    private const int MaxStoredBlock = 0xffff;

    // Go's inflater hands out what it has only at a flush point, which is an empty stored block.
    private static readonly byte[] _flushPoint = [0, 0, 0, 0xff, 0xff];

    private bool _started;

    public byte[] Compress(IEnumerable<KeyValuePair<string, string>> headers)
    {
        var plain = Serialize(headers);
        var output = new ArrayBufferWriter<byte>(plain.Length + 32);
        if (!_started)
        {
            _started = true;
            output.Write<byte>([0x78, 0xbb]); // deflate, 32 KiB window, preset dictionary, check bits
            WriteInt(output, SpdyDictionary.Id);
        }

        for (var rest = plain; rest.Length > 0;)
        {
            var length = Math.Min(rest.Length, MaxStoredBlock);
            output.Write<byte>([0, (byte)length, (byte)(length >> 8), (byte)~length, (byte)(~length >> 8)]);
            output.Write(rest[..length]);
            rest = rest[length..];
        }

        output.Write(_flushPoint);
        return output.WrittenSpan.ToArray();
    }

    // SPDY/3 §2.6.10: names in lower case, each once; several values are joined by NUL.
    private static ReadOnlySpan<byte> Serialize(IEnumerable<KeyValuePair<string, string>> headers)
    {
        var output = new ArrayBufferWriter<byte>();
        var merged = headers
            .GroupBy(h => h.Key.ToLowerInvariant(), h => h.Value)
            .ToDictionary(g => g.Key, g => string.Join('\0', g));
        WriteInt(output, (uint)merged.Count);
        foreach (var (name, value) in merged)
        {
            WriteText(output, name);
            WriteText(output, value);
        }

        return output.WrittenSpan;
    }

    private static void WriteText(ArrayBufferWriter<byte> output, string text)
    {
        WriteInt(output, (uint)Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, output);
    }

    private static void WriteInt(ArrayBufferWriter<byte> output, uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(output.GetSpan(4), value);
        output.Advance(4);
    }
}
