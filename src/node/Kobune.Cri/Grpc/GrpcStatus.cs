using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Kobune.Cri.Grpc;

/// <summary>How a call ended: from trailers, or from headers when the peer had nothing but a status to send.</summary>
internal static class GrpcStatus
{
    internal static void ThrowIfNotOk(HttpResponseMessage response)
    {
        if (!TryRead(response.TrailingHeaders, out StatusCode code, out string message)
            && !TryRead(response.Headers, out code, out message))
        {
            code = StatusCode.Unknown;
            message = "the stream ended without a grpc-status";
        }
        if (code != StatusCode.OK)
            throw new RpcException(code, message);
    }

    /// <summary>Refuses answers that are not gRPC at all (a proxy, a plain HTTP server).</summary>
    internal static void ThrowIfNotGrpc(HttpResponseMessage response)
    {
        if (response.StatusCode == HttpStatusCode.OK)
            return;

        StatusCode code = response.StatusCode switch
        {
            HttpStatusCode.BadRequest => StatusCode.Internal,
            HttpStatusCode.Unauthorized => StatusCode.Unauthenticated,
            HttpStatusCode.Forbidden => StatusCode.PermissionDenied,
            HttpStatusCode.NotFound => StatusCode.Unimplemented,
            HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway
                or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => StatusCode.Unavailable,
            _ => StatusCode.Unknown,
        };
        throw new RpcException(code, $"unexpected HTTP status code {(int)response.StatusCode}");
    }

    private static bool TryRead(HttpResponseHeaders headers, out StatusCode code, out string message)
    {
        code = StatusCode.Unknown;
        message = "";
        if (!headers.TryGetValues("grpc-status", out var values))
            return false;
        if (int.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= 16)
            code = (StatusCode)number;
        if (headers.TryGetValues("grpc-message", out var texts))
            message = GrpcMessageEncoding.Decode(string.Join(",", texts));
        return true;
    }
}
