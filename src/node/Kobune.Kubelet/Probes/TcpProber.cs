using System.Net.Sockets;
using Kobune.Api.Core.V1;
using Kobune.Kubelet.Pods.Decision;

namespace Kobune.Kubelet.Probes;

/// <summary>tcpSocket: success is a connection.</summary>
internal static class TcpProber
{
    public static async Task<ProbeOutcome> ConnectAsync(
        TCPSocketAction action, ContainerSpec container, IReadOnlyList<string> addresses, TimeSpan timeout, CancellationToken cancellation)
    {
        var host = action.Host.Length > 0 ? action.Host : addresses.Count > 0 ? addresses[0] : "127.0.0.1";
        var port = Ports.Resolve(action.Port, container);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(host, port, limit.Token);
            return new ProbeOutcome(true, "");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new ProbeOutcome(false, $"dial tcp {host}:{port}: i/o timeout");
        }
        catch (SocketException e)
        {
            return new ProbeOutcome(false, $"dial tcp {host}:{port}: {SocketErrors.Text(e)}");
        }
        catch (ArgumentOutOfRangeException)
        {
            return new ProbeOutcome(false, $"invalid port number: {action.Port}");
        }
    }
}
