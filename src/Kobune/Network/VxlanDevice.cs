using System.Net;
using System.Text.Json;
using Kobune.Hosting;

namespace Kobune.Network;

/// <summary>
/// The node's VXLAN tunnel end point (RFC 7348). Its name and network identifier are those that flannel uses, the port is the
/// assigned one, so that what is written about cluster networks is found here as well.
/// </summary>
internal sealed class VxlanDevice(string link, int linkMtu, IPAddress node)
{
    public const string Name = "flannel.1";
    public const int Identifier = 1;
    public const int Port = 4789;

    /// <summary>Ethernet, IP, UDP and VXLAN headers around every packet.</summary>
    public const int Overhead = 50;

    public int Mtu => linkMtu - Overhead;

    /// <summary>Locally administered and made of the node's address: the same after the device was made anew.</summary>
    public string Mac => MacOf(node);

    internal static string MacOf(IPAddress node) =>
        "0a:6b:" + string.Join(':', node.MapToIPv4().GetAddressBytes().Select(b => b.ToString("x2", System.Globalization.CultureInfo.InvariantCulture)));

    /// <summary>Makes the device, or makes it what it should be.</summary>
    public async Task EnsureAsync(string address, CancellationToken cancellationToken)
    {
        var shown = await HostProgram.TryRunAsync("ip", ["-j", "-d", "addr", "show", "dev", Name], null, cancellationToken);
        var found = shown.ExitCode == 0 && shown.Output.Length > 0;
        if (found && IsAsWanted(shown.Output, address))
        {
            return;
        }
        await HostProgram.RunAsync("ip", ["-batch", "-"], $"""
            {(found ? $"link delete {Name}" : "")}
            link add {Name} address {Mac} mtu {Mtu} type vxlan id {Identifier} local {node} dev {link} dstport {Port} nolearning
            addr add {address}/32 dev {Name}
            link set {Name} up

            """, cancellationToken);
    }

    /// <summary>Removes the device, as when the mode has changed.</summary>
    public static Task RemoveAsync(CancellationToken cancellationToken) =>
        HostProgram.TryRunAsync("ip", ["link", "delete", Name], null, cancellationToken);

    private bool IsAsWanted(string json, string address)
    {
        using var document = JsonDocument.Parse(json);
        var device = document.RootElement.EnumerateArray().First();
        var data = device.GetProperty("linkinfo").GetProperty("info_data");
        return device.GetProperty("address").GetString() == Mac
            && device.GetProperty("mtu").GetInt32() == Mtu
            && device.GetProperty("flags").EnumerateArray().Any(f => f.GetString() == "UP")
            && data.GetProperty("id").GetInt32() == Identifier
            && data.GetProperty("port").GetInt32() == Port
            && data.TryGetProperty("local", out var local) && local.GetString() == node.ToString()
            && device.GetProperty("addr_info").EnumerateArray().Any(a => a.GetProperty("local").GetString() == address);
    }
}
