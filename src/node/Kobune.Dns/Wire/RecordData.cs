using System.Net;
using System.Net.Sockets;

namespace Kobune.Dns.Wire;

/// <summary>What a record says. Types without a form of their own are octets.</summary>
internal abstract record RecordData;

/// <summary>A or AAAA.</summary>
internal sealed record AddressData(IPAddress Address) : RecordData
{
    public RecordType Type => Address.AddressFamily == AddressFamily.InterNetworkV6 ? RecordType.AAAA : RecordType.A;
}

/// <summary>CNAME, NS or PTR.</summary>
internal sealed record NameData(DnsName Name) : RecordData;

/// <summary>MX.</summary>
internal sealed record MailData(ushort Preference, DnsName Exchange) : RecordData;

/// <summary>SRV (RFC 2782).</summary>
internal sealed record ServiceData(ushort Priority, ushort Weight, ushort Port, DnsName Target) : RecordData;

/// <summary>SOA; the times are seconds.</summary>
internal sealed record AuthorityData(DnsName Primary, DnsName Mailbox, uint Serial, uint Refresh, uint Retry, uint Expire, uint Minimum) : RecordData;

/// <summary>TXT with one string of at most 255 octets.</summary>
internal sealed record TextData(string Text) : RecordData;

/// <summary>Any other type, as it came.</summary>
internal sealed record RawData(byte[] Octets) : RecordData;
