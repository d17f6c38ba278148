namespace Kobune.Client.Streaming;

/// <summary>A duplex stream whose writing side can end while its reading side goes on.</summary>
public interface IHalfClose
{
    /// <summary>Tells the peer that nothing more will be written. Reading is unaffected. Idempotent.</summary>
    ValueTask CloseWriteAsync(CancellationToken cancellationToken = default);
}
