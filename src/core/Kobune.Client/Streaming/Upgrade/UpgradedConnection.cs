namespace Kobune.Client.Streaming;

/// <summary>A connection after its 101: the client's counterpart of <see cref="UpgradeAnswer"/>. Owns the stream.</summary>
public sealed record UpgradedConnection(
    Stream Stream, UpgradeTransport Transport, string Protocol, IReadOnlyDictionary<string, string> Headers) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Stream.DisposeAsync();
}
