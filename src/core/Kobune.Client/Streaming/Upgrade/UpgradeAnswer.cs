namespace Kobune.Client.Streaming;

/// <summary>
/// How a server answers an upgrade request: with 101 and <see cref="Headers"/>, after which the connection belongs to
/// <see cref="Transport"/> and <see cref="Protocol"/>, or with an error <see cref="StatusCode"/> and <see cref="Error"/>.
/// </summary>
public sealed record UpgradeAnswer
{
    /// <summary>101, 400 (no upgrade request) or 403 (no common protocol).</summary>
    public required int StatusCode { get; init; }

    public bool Accepted => StatusCode == 101;

    public UpgradeTransport Transport { get; init; }

    /// <summary>The negotiated sub-protocol; empty for a client of before there were any.</summary>
    public string Protocol { get; init; } = "";

    /// <summary>Response headers to set, <c>Connection</c> and <c>Upgrade</c> among them.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Why it is refused, for the body of the error response.</summary>
    public string Error { get; init; } = "";
}
