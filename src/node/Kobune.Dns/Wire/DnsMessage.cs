namespace Kobune.Dns.Wire;

/// <summary>The question of a message. There is one: nobody sends more, and their meaning was never defined.</summary>
internal readonly record struct DnsQuestion(DnsName Name, RecordType Type, ushort Class)
{
    public const ushort Internet = 1;
}

/// <summary>A resource record.</summary>
internal sealed record DnsRecord(DnsName Name, RecordType Type, uint Ttl, RecordData Data, ushort Class = DnsQuestion.Internet);

/// <summary>The EDNS part of a message (RFC 6891).</summary>
/// <param name="PayloadSize">What the sender can receive by UDP, in octets.</param>
/// <param name="Version">0 is the only one there is.</param>
/// <param name="DnssecOk">The sender wants DNSSEC records.</param>
internal sealed record EdnsOptions(ushort PayloadSize, byte Version = 0, bool DnssecOk = false);

/// <summary>A query or a response (RFC 1035 §4).</summary>
internal sealed record DnsMessage
{
    public required ushort Id { get; init; }
    public bool IsResponse { get; init; }
    public int OpCode { get; init; }
    public bool IsAuthoritative { get; init; }
    public bool IsTruncated { get; init; }
    public bool RecursionDesired { get; init; }
    public bool RecursionAvailable { get; init; }
    public bool IsAuthentic { get; init; }
    public bool CheckingDisabled { get; init; }
    public ResponseCode Code { get; init; }
    public DnsQuestion? Question { get; init; }
    public IReadOnlyList<DnsRecord> Answers { get; init; } = [];
    public IReadOnlyList<DnsRecord> Authorities { get; init; } = [];
    public IReadOnlyList<DnsRecord> Additional { get; init; } = [];
    public EdnsOptions? Edns { get; init; }
}
