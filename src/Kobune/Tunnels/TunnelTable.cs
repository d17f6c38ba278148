using System.Net;
using System.Net.Sockets;
using Kobune.Api.Core.V1;

namespace Kobune.Tunnels;

/// <summary>A port of this machine and where it leads.</summary>
internal sealed record TunnelPort(int Port, string Name, string Target, int TargetPort);

/// <summary>The open ports of a tunnel; those that are wanted no longer are closed, those that cannot be opened are told and skipped.</summary>
internal sealed class TunnelTable(IPAddress bind, TextWriter output) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TunnelPort, TcpForwarder> _open = [];
    private readonly HashSet<TunnelPort> _refused = [];

    /// <summary>The TCP ports of the LoadBalancer Services, by their cluster addresses, and the ingress. Of two that want a port the first by name has it.</summary>
    public static IReadOnlyList<TunnelPort> Wanted(IEnumerable<Service> services, string? ingress)
    {
        IEnumerable<TunnelPort> ports = ingress is null ? [] : [new(80, "ingress", ingress, 80), new(443, "ingress", ingress, 443)];
        var balanced = services
            .Where(s => s.Spec.Type == "LoadBalancer" && IPAddress.TryParse(s.Spec.ClusterIP, out _))
            .OrderBy(s => s.Key, StringComparer.Ordinal)
            .SelectMany(s => s.Spec.Ports.Where(p => p.Protocol is "" or "TCP").Select(p => new TunnelPort(p.Port, s.Key, s.Spec.ClusterIP, p.Port)));
        return [.. ports.Concat(balanced).DistinctBy(p => p.Port)];
    }

    public void Set(IReadOnlyList<TunnelPort> wanted)
    {
        lock (_gate)
        {
            foreach (var (port, forwarder) in _open.Where(o => !wanted.Contains(o.Key)).ToList())
            {
                forwarder.Dispose();
                _open.Remove(port);
                output.WriteLine($"  - {port.Name}: {bind}:{port.Port} closed");
            }
            _refused.IntersectWith(wanted);
            foreach (var port in wanted.Where(p => !_open.ContainsKey(p) && !_refused.Contains(p)))
            {
                Open(port);
            }
        }
    }

    public void Dispose()
    {
        foreach (var forwarder in _open.Values)
        {
            forwarder.Dispose();
        }
    }

    private void Open(TunnelPort port)
    {
        try
        {
            _open[port] = new TcpForwarder(new IPEndPoint(bind, port.Port), port.Target, port.TargetPort);
            output.WriteLine($"  + {port.Name}: {bind}:{port.Port} → {port.Target}:{port.TargetPort}");
        }
        catch (SocketException e)
        {
            _refused.Add(port);
            output.WriteLine($"  ! {port.Name}: {bind}:{port.Port} cannot be had: {e.Message}");
        }
    }
}
