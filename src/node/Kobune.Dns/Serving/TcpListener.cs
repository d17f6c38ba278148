using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Kobune.Dns.Serving;

/// <summary>
/// Answers by TCP: length-prefixed messages (RFC 1035 §4.2.2), any number a connection, one after another. At most
/// <see cref="MaxConnections"/> connections, further ones wait to be accepted; silent ones are closed.
/// </summary>
internal sealed class TcpListener : IDisposable
{
    private const int MaxConnections = 128;
    private static readonly TimeSpan MaxSilence = TimeSpan.FromSeconds(10);

    private readonly Socket _socket;
    private readonly Responder _responder;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _connections = new(MaxConnections);

    /// <exception cref="SocketException">The address cannot be had.</exception>
    public TcpListener(IPEndPoint listen, Responder responder, TimeProvider time)
    {
        _responder = responder;
        _time = time;
        _socket = new Socket(listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _socket.Bind(listen);
        _socket.Listen(MaxConnections);
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await _connections.WaitAsync(cancellationToken);
                _ = ServeAsync(await _socket.AcceptAsync(cancellationToken), cancellationToken);
            }
            catch (SocketException)
            {
                _connections.Release(); // the client hung up before it was accepted
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
        _connections.Dispose();
    }

    private async Task ServeAsync(Socket client, CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(MaxSilence, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        try
        {
            client.NoDelay = true;
            await using var stream = new NetworkStream(client, ownsSocket: true);
            var prefix = new byte[2];
            while (true)
            {
                silence.CancelAfter(MaxSilence);
                await stream.ReadExactlyAsync(prefix, either.Token);
                var query = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
                await stream.ReadExactlyAsync(query, either.Token);
                if (await _responder.RespondAsync(query, overTcp: true, either.Token) is not { } answer)
                {
                    return;
                }
                var framed = new byte[answer.Length + 2];
                BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)answer.Length);
                answer.CopyTo(framed, 2);
                await stream.WriteAsync(framed, either.Token);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // The client is done, or too slow.
        }
        finally
        {
            if (!cancellationToken.IsCancellationRequested)
            {
                _connections.Release();
            }
        }
    }
}
