namespace Kobune.Kubelet.Server;

/// <summary>A request that cannot be served; the text is the answer's body.</summary>
internal sealed class HttpFailure(int code, string message) : Exception(message)
{
    public int Code { get; } = code;
}
