using System.Net;
using System.Text.Json;
using Kobune.Hosting;

namespace Kobune.Network;

/// <summary>The network of the namespace that this process is in, as iproute2 shows and changes it.</summary>
internal static class KernelNetwork
{
    /// <summary>The interface that has an address, and its MTU.</summary>
    /// <exception cref="InvalidOperationException">None has it.</exception>
    public static async Task<(string Name, int Mtu)> InterfaceOfAsync(IPAddress address, CancellationToken cancellationToken)
    {
        foreach (var link in await ShowAsync("ip", ["-j", "addr", "show", "to", address.ToString()], cancellationToken))
        {
            if (link.TryGetProperty("ifname", out var name))
            {
                return (name.GetString()!, link.GetProperty("mtu").GetInt32());
            }
        }
        throw new InvalidOperationException($"no interface of this machine has the address {address}");
    }

    /// <summary>What is known of other nodes' Pods.</summary>
    public static async Task<OverlayState> OverlayAsync(string podCidr, OverlayMode mode, CancellationToken cancellationToken)
    {
        var routes = (await ShowAsync("ip", ["-j", "-4", "route", "show", "root", podCidr], cancellationToken))
            .Where(r => r.TryGetProperty("gateway", out _) && r.GetProperty("dst").GetString() != podCidr)
            .Select(r => new OverlayRoute(r.GetProperty("dst").GetString()!, r.GetProperty("gateway").GetString()!, r.GetProperty("dev").GetString()!));
        if (mode == OverlayMode.HostGateway)
        {
            return new OverlayState(routes.ToHashSet(), new HashSet<OverlayNeighbour>(), new HashSet<OverlayForwarding>());
        }
        var neighbours = (await ShowAsync("ip", ["-j", "neigh", "show", "dev", VxlanDevice.Name, "nud", "permanent"], cancellationToken))
            .Select(n => new OverlayNeighbour(n.GetProperty("dst").GetString()!, n.GetProperty("lladdr").GetString()!));
        var forwardings = (await ShowAsync("bridge", ["-j", "fdb", "show", "dev", VxlanDevice.Name], cancellationToken))
            .Where(f => f.TryGetProperty("dst", out _))
            .Select(f => new OverlayForwarding(f.GetProperty("mac").GetString()!, f.GetProperty("dst").GetString()!));
        return new OverlayState(routes.ToHashSet(), neighbours.ToHashSet(), forwardings.ToHashSet());
    }

    /// <summary>Leads from one state to another.</summary>
    public static async Task ChangeAsync(OverlayState from, OverlayState to, CancellationToken cancellationToken)
    {
        // First who is behind an address, then that packets go there.
        foreach (var (program, commands) in new[] { ("bridge", from.BridgeCommandsTo(to)), ("ip", from.IpCommandsTo(to)) })
        {
            if (commands.Length > 0)
            {
                await HostProgram.RunAsync(program, ["-batch", "-"], commands, cancellationToken);
            }
        }
    }

    private static async Task<List<JsonElement>> ShowAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        var text = await HostProgram.RunAsync(program, arguments, null, cancellationToken);
        using var document = JsonDocument.Parse(text.Trim().Length == 0 ? "[]" : text);
        return [.. document.RootElement.EnumerateArray().Select(e => e.Clone())];
    }
}
