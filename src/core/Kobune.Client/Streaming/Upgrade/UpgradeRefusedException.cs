namespace Kobune.Client.Streaming;

/// <summary>
/// The server answered an upgrade request with something else than 101. <see cref="Body"/> is usually a metav1.Status,
/// cut off at 1 MiB.
/// </summary>
public sealed class UpgradeRefusedException(int statusCode, IReadOnlyDictionary<string, string> headers, string body)
    : IOException($"the server did not upgrade the connection: {statusCode} {body}")
{
    public int StatusCode { get; } = statusCode;

    public IReadOnlyDictionary<string, string> Headers { get; } = headers;

    public string Body { get; } = body;
}
