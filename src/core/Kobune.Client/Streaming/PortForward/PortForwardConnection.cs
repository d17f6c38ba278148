namespace Kobune.Client.Streaming;

/// <summary>One forwarded connection: a pair of streams. On the server data is the client's traffic, error is to be written.</summary>
public sealed class PortForwardConnection : IAsyncDisposable
{
    internal PortForwardConnection(int port, DuplexStream data, DuplexStream error) => (Port, Data, Error) = (port, data, error);

    /// <summary>The port in the Pod.</summary>
    public int Port { get; }

    /// <summary>The traffic; half-closes both ways (<see cref="IHalfClose"/>).</summary>
    public Stream Data { get; }

    /// <summary>Carries text from the server when the forwarding failed; ends empty when it did not.</summary>
    public Stream Error { get; }

    /// <summary>On the client: what the server reports about this connection; null when nothing is wrong.</summary>
    public async Task<string?> ReadErrorAsync(CancellationToken cancellationToken = default)
    {
        using var reader = new StreamReader(Error, leaveOpen: true);
        var text = await reader.ReadToEndAsync(cancellationToken);
        return text.Length == 0 ? null : text;
    }

    /// <summary>Resets what is still open of both streams.</summary>
    public async ValueTask DisposeAsync()
    {
        await Data.DisposeAsync();
        await Error.DisposeAsync();
    }
}
