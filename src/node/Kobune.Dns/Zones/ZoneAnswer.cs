using Kobune.Dns.Wire;

namespace Kobune.Dns.Zones;

/// <summary>What the zone says to a question.</summary>
/// <param name="Code">NoError or NameError.</param>
/// <param name="Answers">Empty with NoError: the name exists, but has no such record (NODATA).</param>
/// <param name="Additional">Addresses of the targets of SRV records.</param>
internal sealed record ZoneAnswer(ResponseCode Code, IReadOnlyList<DnsRecord> Answers, IReadOnlyList<DnsRecord> Additional)
{
    public static ZoneAnswer NoName { get; } = new(ResponseCode.NameError, [], []);

    public static ZoneAnswer NoData { get; } = new(ResponseCode.NoError, [], []);

    public static ZoneAnswer Of(IReadOnlyList<DnsRecord> answers, IReadOnlyList<DnsRecord>? additional = null) => new(ResponseCode.NoError, answers, additional ?? []);
}
