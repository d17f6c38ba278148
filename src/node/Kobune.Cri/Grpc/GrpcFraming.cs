using System.Buffers;
using System.Buffers.Binary;
using Google.Protobuf;

namespace Kobune.Cri.Grpc;

/// <summary>
/// Length-prefixed messages: one byte "compressed", four bytes big-endian length, the message
/// (gRPC over HTTP/2, section "Length-Prefixed-Message"). Compression is never offered, so never accepted.
/// </summary>
internal static class GrpcFraming
{
    internal const int HeaderSize = 5;

    /// <summary>Bytes one message may have; containerd's own limit.</summary>
    internal const int MaxMessageSize = 16 * 1024 * 1024;

    internal static byte[] Frame(IMessage message)
    {
        int size = message.CalculateSize();
        if (size > MaxMessageSize)
            throw new RpcException(StatusCode.ResourceExhausted, $"message of {size} bytes exceeds the limit of {MaxMessageSize}");

        byte[] frame = new byte[HeaderSize + size];
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)size);
        message.WriteTo(frame.AsSpan(HeaderSize));
        return frame;
    }

    /// <summary>Reads the next message, or null at a clean end of the stream.</summary>
    internal static async ValueTask<T?> ReadAsync<T>(Stream stream, MessageParser<T> parser, CancellationToken cancellation)
        where T : class, IMessage<T>
    {
        byte[] header = new byte[HeaderSize];
        int got = await stream.ReadAtLeastAsync(header, HeaderSize, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        if (got == 0)
            return null;
        if (got < HeaderSize)
            throw new RpcException(StatusCode.Internal, "stream ended inside a message header");

        int size = CheckHeader(header);
        byte[] body = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            got = await stream.ReadAtLeastAsync(body.AsMemory(0, size), size, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
            if (got < size)
                throw new RpcException(StatusCode.Internal, $"stream ended after {got} of {size} bytes of a message");
            return parser.ParseFrom(body, 0, size);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new RpcException(StatusCode.Internal, $"cannot decode message: {e.Message}", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(body);
        }
    }

    private static int CheckHeader(ReadOnlySpan<byte> header)
    {
        if (header[0] != 0)
            throw new RpcException(StatusCode.Internal, "compressed message without an agreed encoding");
        uint size = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        if (size > MaxMessageSize)
            throw new RpcException(StatusCode.ResourceExhausted, $"received message of {size} bytes exceeds the limit of {MaxMessageSize}");
        return (int)size;
    }
}
