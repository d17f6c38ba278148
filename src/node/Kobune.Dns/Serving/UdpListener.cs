using System.Net;
using System.Net.Sockets;

namespace Kobune.Dns.Serving;

/// <summary>
/// Answers by UDP. Answers from the zone are made on the receiving loop; those that wait for others go on beside it, at most
/// <see cref="MaxWaiting"/> of them: beyond that queries are dropped, and clients ask again.
/// </summary>
internal sealed class UdpListener : IDisposable
{
    private const int MaxWaiting = 1024;
    private const int MaxQuery = 4096;

    private readonly Socket _socket;
    private readonly Responder _responder;
    private readonly SemaphoreSlim _waiting = new(MaxWaiting);

    /// <exception cref="SocketException">The address cannot be had.</exception>
    public UdpListener(IPEndPoint listen, Responder responder)
    {
        _responder = responder;
        _socket = new Socket(listen.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 1 << 20 };
        _socket.Bind(listen);
    }

    public IPEndPoint LocalEndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        var buffer = new byte[MaxQuery];
        var anyone = new IPEndPoint(_socket.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var received = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, anyone, cancellationToken);
                if (await _waiting.WaitAsync(0, cancellationToken))
                {
                    _ = AnswerAsync(buffer.AsSpan(0, received.ReceivedBytes).ToArray(), received.RemoteEndPoint, cancellationToken);
                }
            }
            catch (SocketException)
            {
                // An earlier answer met a closed port (ICMP): nothing to do with the next query.
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        _waiting.Dispose();
    }

    private async Task AnswerAsync(byte[] query, EndPoint client, CancellationToken cancellationToken)
    {
        try
        {
            if (await _responder.RespondAsync(query, overTcp: false, cancellationToken) is { } answer)
            {
                await _socket.SendToAsync(answer, SocketFlags.None, client, cancellationToken);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The client is gone, or we are going.
        }
        finally
        {
            if (!cancellationToken.IsCancellationRequested)
            {
                _waiting.Release();
            }
        }
    }
}
