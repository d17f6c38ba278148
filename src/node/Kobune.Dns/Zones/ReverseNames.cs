using System.Globalization;
using System.Net;
using Kobune.Dns.Wire;

namespace Kobune.Dns.Zones;

/// <summary>Names below in-addr.arpa and ip6.arpa (RFC 1035 §3.5, RFC 3596 §2.5).</summary>
internal static class ReverseNames
{
    private static readonly DnsName V4 = DnsName.Parse("in-addr.arpa");
    private static readonly DnsName V6 = DnsName.Parse("ip6.arpa");

    /// <summary>The address that a name stands for, or null when it is no complete one.</summary>
    public static IPAddress? AddressOf(DnsName name)
    {
        if (name.Count == 6 && name.EndsWith(V4))
        {
            Span<byte> bytes = stackalloc byte[4];
            for (var i = 0; i < 4; i++)
            {
                if (!byte.TryParse(name[3 - i], NumberStyles.None, CultureInfo.InvariantCulture, out bytes[i]))
                {
                    return null;
                }
            }
            return new IPAddress(bytes);
        }
        return name.Count == 34 && name.EndsWith(V6) ? SixOf(name) : null;
    }

    private static IPAddress? SixOf(DnsName name)
    {
        Span<byte> bytes = stackalloc byte[16];
        for (var i = 0; i < 32; i++)
        {
            if (name[31 - i] is not [var digit] || !char.IsAsciiHexDigit(digit))
            {
                return null;
            }
            bytes[i / 2] = (byte)((bytes[i / 2] << 4) | Convert.ToInt32(digit.ToString(), 16));
        }
        return new IPAddress(bytes);
    }
}
