using Kobune.Cri.Grpc;

namespace Kobune.Cri.Tests.Grpc;

public sealed class GrpcMessageEncodingTests
{
    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("100% \"sure\"", "100%25 \"sure\"")]
    [InlineData("line\nbreak", "line%0Abreak")]
    [InlineData("naïve ✓", "na%C3%AFve %E2%9C%93")]
    public void Encodes_and_decodes(string message, string encoded)
    {
        Assert.Equal(encoded, GrpcMessageEncoding.Encode(message));
        Assert.Equal(message, GrpcMessageEncoding.Decode(encoded));
    }

    [Theory]
    [InlineData("50%")]
    [InlineData("50%2")]
    [InlineData("50%zz")]
    public void Keeps_what_is_no_escape(string message) => Assert.Equal(message, GrpcMessageEncoding.Decode(message));
}
