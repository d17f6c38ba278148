using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Kobune.Client.Http;

/// <summary>Splits a stream into its lines without copying more than each line once.</summary>
public static class LineReader
{
    /// <summary>Lines without their newline; an incomplete last line is delivered too. Memory is valid until the next one.</summary>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var reader = PipeReader.Create(stream);
        try
        {
            while (true)
            {
                var result = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                var buffer = result.Buffer;
                while (buffer.PositionOf((byte)'\n') is { } end)
                {
                    var line = buffer.Slice(0, end);
                    if (!line.IsEmpty)
                    {
                        yield return line.IsSingleSegment ? line.First : line.ToArray();
                    }

                    buffer = buffer.Slice(buffer.GetPosition(1, end));
                }

                if (result.IsCompleted)
                {
                    if (!buffer.IsEmpty)
                    {
                        yield return buffer.ToArray();
                    }

                    yield break;
                }

                reader.AdvanceTo(buffer.Start, buffer.End);
            }
        }
        finally
        {
            await reader.CompleteAsync().ConfigureAwait(false);
        }
    }
}
