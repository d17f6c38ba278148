using System.Net;
using System.Net.Http.Headers;

namespace Kobune.Cri.Grpc;

/// <summary>A request body that holds exactly one framed message.</summary>
internal sealed class GrpcContent : HttpContent
{
    private static readonly MediaTypeHeaderValue Grpc = new("application/grpc");
    private readonly byte[] _frame;

    internal GrpcContent(byte[] frame)
    {
        _frame = frame;
        Headers.ContentType = Grpc;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        stream.WriteAsync(_frame, 0, _frame.Length);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellation) =>
        stream.WriteAsync(_frame, 0, _frame.Length, cancellation);

    // No content-length: gRPC servers take the end of the stream as the end of the request.
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
