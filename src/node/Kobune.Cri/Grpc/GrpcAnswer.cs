using Google.Protobuf;
using Microsoft.AspNetCore.Http;

namespace Kobune.Cri.Grpc;

/// <summary>The response half of one call on the server.</summary>
internal sealed class GrpcAnswer(HttpResponse response)
{
    internal async Task WriteAsync(IMessage message, CancellationToken cancellation)
    {
        await response.Body.WriteAsync(GrpcFraming.Frame(message), cancellation).ConfigureAwait(false);
        await response.Body.FlushAsync(cancellation).ConfigureAwait(false);
    }

    internal void End(StatusCode code, string message)
    {
        response.AppendTrailer("grpc-status", ((int)code).ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (message != "")
            response.AppendTrailer("grpc-message", GrpcMessageEncoding.Encode(message));
    }
}
