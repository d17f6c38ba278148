using Kobune.Cri.Grpc;
using Kobune.Cri.V1;

namespace Kobune.Cri.Tests.Grpc;

public sealed class GrpcFramingTests
{
    private static ValueTask<VersionRequest?> Read(byte[] bytes) =>
        GrpcFraming.ReadAsync(new MemoryStream(bytes), VersionRequest.Parser, CancellationToken.None);

    [Fact]
    public async Task Frames_have_a_flag_and_a_big_endian_length()
    {
        byte[] frame = GrpcFraming.Frame(new VersionRequest { Version = "v1" });
        Assert.Equal(new byte[] { 0, 0, 0, 0, 4, 0x0A, 2, (byte)'v', (byte)'1' }, frame);
        Assert.Equal("v1", (await Read(frame))!.Version);
    }

    [Fact]
    public async Task Empty_messages_are_messages() => Assert.NotNull(await Read([0, 0, 0, 0, 0]));

    [Fact]
    public async Task The_end_of_the_stream_is_not_a_message() => Assert.Null(await Read([]));

    [Theory]
    [InlineData(new byte[] { 0, 0, 0 }, StatusCode.Internal)]
    [InlineData(new byte[] { 0, 0, 0, 0, 4, 0x0A }, StatusCode.Internal)]
    [InlineData(new byte[] { 1, 0, 0, 0, 0 }, StatusCode.Internal)]
    [InlineData(new byte[] { 0, 1, 0, 0, 1 }, StatusCode.ResourceExhausted)]
    [InlineData(new byte[] { 0, 0, 0, 0, 2, 0x0A, 9 }, StatusCode.Internal)]
    public async Task Refuses_what_is_broken(byte[] bytes, StatusCode code)
    {
        var e = await Assert.ThrowsAsync<RpcException>(async () => await Read(bytes));
        Assert.Equal(code, e.StatusCode);
    }

    [Theory]
    [InlineData(0.2, "1m")]
    [InlineData(1500, "1500m")]
    [InlineData(99_999_999, "99999999m")]
    [InlineData(200_000_000, "200000S")]
    public void Timeouts_have_at_most_eight_digits(double milliseconds, string header) =>
        Assert.Equal(header, GrpcChannel.FormatTimeout(TimeSpan.FromMilliseconds(milliseconds)));
}
