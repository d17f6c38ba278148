using Kobune.Client.Streaming;

namespace Kobune.Client.Tests.Streaming;

public sealed class SpdyHeaderTests
{
    // The header blocks of the streams that kubectl 1.32 opens for "exec -i", in order: one deflate stream.
    private static readonly (string Block, string Type)[] _kubectl =
    [
        ("78f9e3c6a7c26260606004a7b392a2d4c45c6851c29a0a0a6800000000ffff", "error"),
        ("c22e555c92929907000000ffff", "stdin"),
        ("c22ac5565c92925f5a02000000ffff", "stdout"),
        ("c229975a5404000000ffff", "stderr"),
    ];

    // The same from zlib itself (compressobj with the dictionary, level 9, Z_SYNC_FLUSH after each block).
    private static readonly string[] _zlib =
    [
        "78f9e3c6a7c202253a703a2b294a4dcc452a4a1221a572113803581858180069ce22482c66825237a301000000ffff",
        "02c960e8654d054512519a1145ba083c081910de07000000ffff",
    ];

    [Fact]
    public void Blocks_of_kubectl_are_read()
    {
        using var decompressor = new SpdyHeaderDecompressor(65536);
        foreach (var (block, type) in _kubectl)
        {
            var headers = decompressor.Decompress(Convert.FromHexString(block));
            Assert.Equal([new("streamtype", type)], headers);
        }
    }

    [Fact]
    public void Blocks_of_zlib_are_read()
    {
        using var decompressor = new SpdyHeaderDecompressor(65536);
        var data = decompressor.Decompress(Convert.FromHexString(_zlib[0]));
        Assert.Equal("data", data["streamType"]);
        Assert.Equal("8080", data["port"]);
        Assert.Equal("0", data["requestID"]);
        Assert.Equal("text/html,text/plain", decompressor.Decompress(Convert.FromHexString(_zlib[1]))["accept"]);
    }

    [Fact]
    public void Our_blocks_are_a_zlib_header_and_stored_blocks_with_a_flush_point()
    {
        var compressor = new SpdyHeaderCompressor();
        Assert.Equal(
            "78bbe3c6a7c2" + "000e00f1ff" + "00000001" + "0000000161" + "0000000162" + "000000ffff",
            Convert.ToHexStringLower(compressor.Compress([new("A", "b")])));
        Assert.Equal("000400fbff00000000000000ffff", Convert.ToHexStringLower(compressor.Compress([])));
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        var compressor = new SpdyHeaderCompressor();
        using var decompressor = new SpdyHeaderDecompressor(1 << 20);
        for (var i = 0; i < 300; i++)
        {
            var headers = new Dictionary<string, string> { ["streamtype"] = "data", ["x"] = new string('ä', i * 200), ["empty"] = "" };
            Assert.Equal(headers, decompressor.Decompress(compressor.Compress(headers)));
        }
    }

    [Theory]
    [InlineData("")] // no zlib header
    [InlineData("789c")] // no dictionary
    [InlineData("78bb00000001000000ffff")] // another dictionary
    [InlineData("78bbe3c6a7c2")] // nothing behind the header
    [InlineData("78bbe3c6a7c2ffffffffffffff")] // garbage
    [InlineData("78bbe3c6a7c2000400fbff00000001000000ffff")] // one header promised, none there
    [InlineData("78bbe3c6a7c2000800f7ff00000001ffffffff000000ffff")] // a name of 4 GiB
    [InlineData("78bbe3c6a7c2000400fbffffffffff000000ffff")] // 4 billion headers
    public void Malformed_blocks_are_errors(string block)
    {
        using var decompressor = new SpdyHeaderDecompressor(65536);
        Assert.Throws<SpdyException>(() => decompressor.Decompress(Convert.FromHexString(block)));
    }
}
