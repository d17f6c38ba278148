using System.Net.Sockets;

namespace Kobune.Kubelet.Probes;

/// <summary>Connection failures in the words that upstream's events use.</summary>
internal static class SocketErrors
{
    public static string Text(SocketException e) => e.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connect: connection refused",
        SocketError.HostUnreachable => "connect: no route to host",
        SocketError.NetworkUnreachable => "connect: network is unreachable",
        SocketError.TimedOut => "i/o timeout",
        SocketError.HostNotFound => "no such host",
        _ => e.Message,
    };
}
