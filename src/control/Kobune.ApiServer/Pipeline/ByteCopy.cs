using System.Buffers;

namespace Kobune.ApiServer.Pipeline;

/// <summary>Copies bytes into a response's buffer.</summary>
internal static class ByteCopy
{
    private const int Piece = 4096;

    /// <summary>Kestrel's chunking writer may hand out an empty span when nothing is asked for, so a size is asked for always.</summary>
    public static void Put(this IBufferWriter<byte> output, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var room = output.GetSpan(Math.Min(bytes.Length, Piece));
            var count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            output.Advance(count);
            bytes = bytes[count..];
        }
    }
}
