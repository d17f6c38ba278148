using System.Net;
using System.Net.Sockets;

namespace Kobune.Tunnels;

/// <summary>Accepts connections and joins each with one to the target, both ways, until both sides are done. At most 1,024 at once; more wait.</summary>
internal sealed class TcpForwarder : IDisposable
{
    private const int MaxConnections = 1024;

    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _room = new(MaxConnections);
    private readonly TcpListener _listener;
    private readonly string _target;
    private readonly int _port;

    /// <exception cref="SocketException">The address cannot be had.</exception>
    public TcpForwarder(IPEndPoint listen, string target, int port)
    {
        (_target, _port) = (target, port);
        _listener = new TcpListener(listen);
        _listener.Start();
        _ = AcceptAsync();
    }

    public EndPoint LocalEndpoint => _listener.LocalEndpoint;

    public void Dispose()
    {
        _stopping.Cancel();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        await Task.Yield();
        try
        {
            while (true)
            {
                await _room.WaitAsync(_stopping.Token);
                _ = JoinAsync(await _listener.AcceptSocketAsync(_stopping.Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // closed
        }
    }

    private async Task JoinAsync(Socket client)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            client.NoDelay = true;
            await server.ConnectAsync(_target, _port, _stopping.Token);
            await Task.WhenAll(CopyAsync(client, server), CopyAsync(server, client));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One side is gone, and so the other.
        }
        finally
        {
            client.Dispose();
            _room.Release();
        }
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[16384];
        int read;
        while ((read = await from.ReceiveAsync(buffer, SocketFlags.None, _stopping.Token)) > 0)
        {
            await to.SendAsync(buffer.AsMemory(0, read), SocketFlags.None, _stopping.Token);
        }
        to.Shutdown(SocketShutdown.Send);
    }
}
