using System.Net;
using System.Net.Sockets;

namespace Kobune.ApiServer.Resources.Core.Services;

/// <summary>
/// The addresses that Services may have. Those that nobody asks for by name come from the upper part of the range, so that
/// people who choose theirs from the lower part seldom collide with them.
/// </summary>
internal sealed class AddressPool
{
    private const int MaxSize = 1 << 24;
    private readonly UInt128 first;
    private readonly bool six;
    private readonly IPNetwork network;

    public AddressPool(IPNetwork network)
    {
        this.network = network;
        six = network.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6;
        var bits = (six ? 128 : 32) - network.PrefixLength;
        // Neither the network's own address nor, with IPv4, the broadcast address.
        Size = (int)UInt128.Min((UInt128.One << Math.Min(bits, 100)) - (six ? 1u : 2u), MaxSize);
        first = Number(network.BaseAddress) + 1;
        Split = RangeSplit.Of(Size, 16, 256);
    }

    public int Size { get; }

    /// <summary>How many addresses at the beginning are left to those who choose.</summary>
    public int Split { get; }

    public string this[int index]
    {
        get
        {
            Span<byte> bytes = stackalloc byte[16];
            System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, first + (uint)index);
            return new IPAddress(six ? bytes : bytes[12..]).ToString();
        }
    }

    /// <summary>What is wrong with an address that was asked for, or null.</summary>
    public string? Problem(IPAddress address)
    {
        var offset = Number(address) - first;
        return address.AddressFamily == network.BaseAddress.AddressFamily && Number(address) >= first && offset < (UInt128)(uint)Size
            ? null
            : $"the provided IP ({address}) is not in the valid range. The range of valid IPs is {network}";
    }

    private static UInt128 Number(IPAddress address)
    {
        UInt128 number = 0;
        foreach (var part in address.GetAddressBytes())
        {
            number = (number << 8) | part;
        }

        return number;
    }
}
