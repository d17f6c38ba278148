using System.Text.Json;
using System.Threading.Channels;

namespace Kobune.Client.Streaming;

/// <summary>
/// Reads the resize stream: JSON objects one after the other. Only the newest size matters, so a consumer that lags
/// misses the ones between.
/// </summary>
internal static class TerminalSizeReader
{
    private const int MaxObject = 1024;

    public static IAsyncEnumerable<TerminalSize> Start(Stream stream, CancellationToken closed)
    {
        var sizes = Channel.CreateBounded<TerminalSize>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        _ = PumpAsync(stream, sizes.Writer, closed);
        return sizes.Reader.ReadAllAsync(CancellationToken.None);
    }

    private static async Task PumpAsync(Stream stream, ChannelWriter<TerminalSize> sizes, CancellationToken closed)
    {
        var buffer = new byte[MaxObject];
        var filled = 0;
        try
        {
            int count;
            while (filled < buffer.Length && (count = await stream.ReadAsync(buffer.AsMemory(filled), closed)) > 0)
            {
                filled += count;
                int end;
                while ((end = buffer.AsSpan(0, filled).IndexOf((byte)'}')) >= 0)
                {
                    await sizes.WriteAsync(JsonSerializer.Deserialize(buffer.AsSpan(0, end + 1), TerminalSizeJson.Default.TerminalSize), closed);
                    buffer.AsSpan(end + 1, filled - end - 1).CopyTo(buffer);
                    filled -= end + 1;
                }
            }
        }
        catch (Exception e) when (e is IOException or JsonException or OperationCanceledException or ObjectDisposedException)
        {
            // The terminal keeps its last size.
        }

        sizes.TryComplete();
    }
}
