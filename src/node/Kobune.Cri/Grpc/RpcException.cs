namespace Kobune.Cri.Grpc;

/// <summary>A call that ended with a status other than OK, whether the peer said so or the transport failed.</summary>
public sealed class RpcException(StatusCode statusCode, string detail, Exception? inner = null)
    : Exception(detail, inner)
{
    public StatusCode StatusCode { get; } = statusCode;

    /// <summary>The form in which kubelets quote runtime errors in events and conditions.</summary>
    public string Describe() => $"rpc error: code = {(StatusCode == StatusCode.Cancelled ? "Canceled" : StatusCode)} desc = {Message}";
}
