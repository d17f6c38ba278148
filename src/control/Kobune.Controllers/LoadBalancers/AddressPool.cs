using System.Buffers.Binary;
using System.Net;

namespace Kobune.Controllers.LoadBalancers;

/// <summary>A range of IPv4 addresses to give to load balancers: all of a network but its first and last address.</summary>
internal sealed class AddressPool(string cidr)
{
    private readonly IPNetwork _network = IPNetwork.Parse(cidr);

    public bool Contains(string address) => IPAddress.TryParse(address, out var parsed) && _network.Contains(parsed) && Number(parsed) >= First && Number(parsed) <= Last;

    /// <summary>The lowest address that is not taken, or null when there is none.</summary>
    public string? Free(IReadOnlySet<string> taken)
    {
        for (var number = First; number <= Last; number++)
        {
            var bytes = new byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
            var address = new IPAddress(bytes).ToString();
            if (!taken.Contains(address))
            {
                return address;
            }
        }
        return null;
    }

    private uint First => Number(_network.BaseAddress) + 1;

    private uint Last => Number(_network.BaseAddress) + (uint)(1UL << (32 - _network.PrefixLength)) - 2;

    private static uint Number(IPAddress address) => BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());
}
