using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Kobune.Client.Streaming;

/// <summary>
/// Reads header blocks from one zlib stream per connection. The platform's inflater takes no preset dictionary, so it is
/// first fed the dictionary as a stored block: its window is then what a preset dictionary would have made of it.
/// </summary>
internal sealed class SpdyHeaderDecompressor : IDisposable
{
    // What may remain of a block once its headers are read: the flush point behind them.
    private const int MaxLeftover = 16;

    private readonly Source _source = new();
    private readonly DeflateStream _inflater;
    private readonly int _limit;
    private bool _started;

    public SpdyHeaderDecompressor(int limit)
    {
        _limit = limit;
        _inflater = new DeflateStream(_source, CompressionMode.Decompress);
    }

    /// <exception cref="SpdyException">The block is no valid continuation of the stream, or too long.</exception>
    public Dictionary<string, string> Decompress(ReadOnlySpan<byte> block)
    {
        try
        {
            if (!_started)
            {
                block = Start(block);
            }

            _source.Append(block);
            var headers = Parse();
            return _source.Remaining <= MaxLeftover ? headers : throw new SpdyException("data behind the header block");
        }
        catch (InvalidDataException e)
        {
            throw new SpdyException("corrupt compressed headers", e);
        }
    }

    private ReadOnlySpan<byte> Start(ReadOnlySpan<byte> block)
    {
        if (block.Length < 6 || (block[0] & 0x0f) != 8 || (block[0] << 8 | block[1]) % 31 != 0)
        {
            throw new SpdyException("the header block is not a zlib stream");
        }

        if ((block[1] & 0x20) == 0 || BinaryPrimitives.ReadUInt32BigEndian(block[2..]) != SpdyDictionary.Id)
        {
            throw new SpdyException("the header block does not use the SPDY/3 dictionary");
        }

        var dictionary = SpdyDictionary.Bytes;
        var length = dictionary.Length;
        _source.Append([0, (byte)length, (byte)(length >> 8), (byte)~length, (byte)(~length >> 8), .. dictionary]);
        _inflater.ReadExactly(new byte[length]);
        _started = true;
        return block[6..];
    }

    private Dictionary<string, string> Parse()
    {
        var budget = _limit;
        var count = ReadInt();
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0u; i < count; i++)
        {
            var name = ReadText(ref budget);
            var value = ReadText(ref budget);
            if (name.Length == 0 || !headers.TryAdd(name, value.Replace('\0', ',')))
            {
                throw new SpdyException($"empty or repeated header name \"{name}\"");
            }
        }

        return headers;
    }

    private string ReadText(ref int budget)
    {
        var length = ReadInt();
        if (length > budget - 8)
        {
            throw new SpdyException("the header block is too long");
        }

        budget -= 8 + (int)length;
        var bytes = new byte[length];
        ReadExactly(bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    private uint ReadInt()
    {
        Span<byte> bytes = stackalloc byte[4];
        ReadExactly(bytes);
        return BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }

    private void ReadExactly(Span<byte> bytes)
    {
        if (_inflater.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
        {
            throw new SpdyException("the header block is truncated");
        }
    }

    public void Dispose() => _inflater.Dispose();

    /// <summary>The compressed bytes that have arrived; it "ends" wherever the current block does.</summary>
    private sealed class Source : Stream
    {
        private byte[] _bytes = [];
        private int _at;

        public int Remaining => _bytes.Length - _at;

        public void Append(ReadOnlySpan<byte> more)
        {
            _bytes = [.. _bytes.AsSpan(_at), .. more];
            _at = 0;
        }

        public override int Read(Span<byte> buffer)
        {
            var count = Math.Min(buffer.Length, Remaining);
            _bytes.AsSpan(_at, count).CopyTo(buffer);
            _at += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
