using System.Net;
using System.Net.Sockets;

namespace Kobune.ApiServer.Cel.Library;

/// <summary>IP addresses and CIDR ranges.</summary>
internal static class NetworkFunctions
{
    public static void AddTo(Dictionary<string, CelFunction> globals, Dictionary<string, CelFunction> methods)
    {
        globals["ip"] = static (in CelArguments c) => Address(c.As<string>(0)) ?? throw new CelException($"IP Address {c[0]} parse error during conversion from string");
        globals["isIP"] = static (in CelArguments c) => Address(c.As<string>(0)) is not null;
        globals["ip.isCanonical"] = static (in CelArguments c) => Address(c.As<string>(0)) is { } ip ? ip.ToString() == c.As<string>(0) : throw new CelException($"IP Address {c[0]} parse error during conversion from string");
        globals["cidr"] = static (in CelArguments c) => Range(c.As<string>(0)) ?? throw new CelException($"network address parse error during conversion from string: {c[0]}");
        globals["isCIDR"] = static (in CelArguments c) => Range(c.As<string>(0)) is not null;
        methods["family"] = static (in CelArguments c) => c.SelfAs<IPAddress>().AddressFamily == AddressFamily.InterNetwork ? 4L : 6L;
        methods["isUnspecified"] = static (in CelArguments c) => c.SelfAs<IPAddress>().Equals(IPAddress.Any) || c.SelfAs<IPAddress>().Equals(IPAddress.IPv6Any);
        methods["isLoopback"] = static (in CelArguments c) => IPAddress.IsLoopback(c.SelfAs<IPAddress>());
        methods["isLinkLocalMulticast"] = static (in CelArguments c) => c.SelfAs<IPAddress>().GetAddressBytes() is [224, 0, 0, _] or [0xff, 0x02, ..];
        methods["isLinkLocalUnicast"] = static (in CelArguments c) => c.SelfAs<IPAddress>() is { } ip && (ip.IsIPv6LinkLocal || ip.GetAddressBytes() is [169, 254, _, _]);
        methods["isGlobalUnicast"] = static (in CelArguments c) => IsGlobal(c.SelfAs<IPAddress>());
        methods["containsIP"] = static (in CelArguments c) => c.SelfAs<Cidr>().Network.Contains(c[0] as IPAddress ?? Address(c.As<string>(0)) ?? throw new CelException("not an IP address"));
        methods["containsCIDR"] = static (in CelArguments c) =>
        {
            var inner = c[0] as Cidr ?? Range(c.As<string>(0)) ?? throw new CelException("not a CIDR");
            var outer = c.SelfAs<Cidr>();
            return inner.Network.PrefixLength >= outer.Network.PrefixLength && outer.Network.Contains(inner.Network.BaseAddress);
        };
        methods["prefixLength"] = static (in CelArguments c) => (long)c.SelfAs<Cidr>().Network.PrefixLength;
        methods["masked"] = static (in CelArguments c) => c.SelfAs<Cidr>() with { Address = c.SelfAs<Cidr>().Network.BaseAddress };
        methods["ip"] = static (in CelArguments c) => c.SelfAs<Cidr>().Address;
    }

    /// <summary>An address with a prefix, which need not be the network's own address.</summary>
    internal sealed record Cidr(IPAddress Address, IPNetwork Network)
    {
        public override string ToString() => $"{Address}/{Network.PrefixLength}";
    }

    private static IPAddress? Address(string text) =>
        IPAddress.TryParse(text, out var ip) && !text.Contains('%', StringComparison.Ordinal) && !text.Contains('[', StringComparison.Ordinal)
            && (ip.AddressFamily == AddressFamily.InterNetworkV6 ? !ip.IsIPv4MappedToIPv6 : ip.ToString() == text) ? ip : null;

    private static Cidr? Range(string text)
    {
        if (text.Split('/') is not [var address, var bits] || Address(address) is not { } ip || !int.TryParse(bits, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var length))
        {
            return null;
        }

        var bytes = ip.GetAddressBytes();
        if (length > bytes.Length * 8)
        {
            return null;
        }

        for (var i = 0; i < bytes.Length; i++)
        {
            var keep = Math.Clamp(length - (i * 8), 0, 8);
            bytes[i] &= (byte)(0xff << (8 - keep));
        }

        return new Cidr(ip, new IPNetwork(new IPAddress(bytes), length));
    }

    private static bool IsGlobal(IPAddress ip) =>
        !ip.Equals(IPAddress.Any) && !ip.Equals(IPAddress.IPv6Any) && !ip.Equals(IPAddress.Broadcast) && !IPAddress.IsLoopback(ip)
        && !ip.IsIPv6Multicast && !ip.IsIPv6LinkLocal && ip.GetAddressBytes() is not ([169, 254, _, _] or [>= 224 and <= 239, _, _, _]);
}
