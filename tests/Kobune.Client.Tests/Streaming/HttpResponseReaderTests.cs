using Kobune.Client.Streaming;

namespace Kobune.Client.Tests.Streaming;

public sealed class HttpResponseReaderTests
{
    [Theory]
    [InlineData("9\r\ncontainer\r\nA\r\n not found\r\n0\r\n\r\n", "Transfer-Encoding", "chunked", "container not found")]
    [InlineData("only this, not that", "Content-Length", "9", "only this")]
    [InlineData("until the end", "X-Other", "1", "until the end")]
    public async Task A_body_is_read_on_from_what_was_taken_with_the_head(string wire, string header, string value, string body)
    {
        var bytes = System.Text.Encoding.ASCII.GetBytes(wire);
        for (var taken = 0; taken <= bytes.Length; taken++)
        {
            using var rest = new MemoryStream(bytes[taken..]);
            var reader = new HttpResponseReader(rest, bytes[..taken]);
            Assert.Equal(body, await reader.ReadBodyAsync(new Dictionary<string, string> { [header] = value }, TestContext.Current.CancellationToken));
        }
    }
}
