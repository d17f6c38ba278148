using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;

namespace Kobune.Client.Streaming;

/// <summary>Joins two duplex streams. The API server uses it between a client and a kubelet after both upgraded.</summary>
public static class ByteTunnel
{
    private const int BufferSize = 32 * 1024;

    /// <summary>
    /// Copies both ways until both directions have ended, or until one has ended whose destination cannot half-close
    /// (nothing else could tell that peer). Neither stream is disposed; the caller owns them.
    /// </summary>
    /// <exception cref="IOException">A direction broke; the other has then been stopped.</exception>
    public static async Task RunAsync(Stream a, Stream b, CancellationToken cancellationToken = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var there = CopyAsync(a, b, stop.Token);
        var back = CopyAsync(b, a, stop.Token);
        var first = await Task.WhenAny(there, back);
        var second = first == there ? back : there;
        if (!first.IsCompletedSuccessfully || !await first)
        {
            await stop.CancelAsync();
        }

        try
        {
            await second;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The direction that ended first tells how the tunnel ended.
        }

        await first;
    }

    /// <summary>Copies until the end of <paramref name="from"/>, then half-closes <paramref name="to"/>; false when that is impossible.</summary>
    private static async Task<bool> CopyAsync(Stream from, Stream to, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int count;
            while ((count = await from.ReadAsync(buffer, cancellationToken)) > 0)
            {
                await to.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
                await to.FlushAsync(cancellationToken);
            }

            return await TryCloseWriteAsync(to, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Half-closes a stream of a kind that can; false for the others.</summary>
    internal static async ValueTask<bool> TryCloseWriteAsync(Stream stream, CancellationToken cancellationToken)
    {
        switch (stream)
        {
            case IHalfClose halfClose:
                await halfClose.CloseWriteAsync(cancellationToken);
                return true;
            case NetworkStream network:
                network.Socket.Shutdown(SocketShutdown.Send);
                return true;
            case SslStream tls:
                await tls.ShutdownAsync();
                return true;
            default:
                return false;
        }
    }
}
