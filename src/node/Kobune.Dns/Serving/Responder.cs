using Kobune.Dns.Forwarding;
using Kobune.Dns.Wire;
using Kobune.Dns.Zones;

namespace Kobune.Dns.Serving;

/// <summary>
/// Octets of a query in, octets of a response out. Names of the cluster are answered from the zone, at once; addresses of
/// the cluster from its reverse records; everything else is forwarded.
/// </summary>
internal sealed class Responder(ClusterZone zone, Forwarder forwarder, Func<bool> ready)
{
    /// <summary>What we send and take by UDP: fits any path unfragmented (DNS flag day 2020).</summary>
    private const ushort PayloadSize = 1232;
    private const int PlainPayloadSize = 512;
    private const int MaxAliases = 8;

    private int _turn;

    /// <summary>The response, or null when there is nobody to answer: what came is a response itself, or no message.</summary>
    public async ValueTask<byte[]?> RespondAsync(ReadOnlyMemory<byte> request, bool overTcp, CancellationToken cancellationToken)
    {
        DnsMessage query;
        try
        {
            query = MessageReader.Read(request.Span);
        }
        catch (DnsFormatException e)
        {
            return e.Id is { } id && request.Length > 2 && (request.Span[2] & 0x80) == 0
                ? MessageWriter.Write(new DnsMessage { Id = id, IsResponse = true, Code = ResponseCode.FormatError })
                : null;
        }
        if (query.IsResponse)
        {
            return null; // to answer answers is how two servers talk for ever
        }
        var response = Finish(query, await AnswerAsync(query, cancellationToken));
        var limit = overTcp ? ushort.MaxValue : query.Edns is { } edns ? Math.Clamp(edns.PayloadSize, (ushort)PlainPayloadSize, PayloadSize) : PlainPayloadSize;
        return MessageWriter.Write(response, limit);
    }

    private static DnsMessage Finish(DnsMessage query, DnsMessage answer) => answer with
    {
        Id = query.Id,
        IsResponse = true,
        OpCode = query.OpCode,
        RecursionDesired = query.RecursionDesired,
        CheckingDisabled = query.CheckingDisabled,
        RecursionAvailable = true,
        Question = query.Question,
        Edns = query.Edns is { } edns ? new EdnsOptions(PayloadSize, DnssecOk: edns.DnssecOk) : null,
    };

    private ValueTask<DnsMessage> AnswerAsync(DnsMessage query, CancellationToken cancellationToken)
    {
        if (query.OpCode != 0)
        {
            return new(Of(ResponseCode.NotImplemented));
        }
        if (query.Edns is { Version: > 0 })
        {
            return new(Of(ResponseCode.BadVersion));
        }
        if (query.Question is not { } question)
        {
            return new(Of(ResponseCode.FormatError));
        }
        if (question.Class != DnsQuestion.Internet || question.Type is RecordType.AXFR or RecordType.IXFR)
        {
            return new(Of(ResponseCode.Refused));
        }
        if (zone.Covers(question.Name))
        {
            return ready() ? InZoneAsync(query, question, cancellationToken) : new(Of(ResponseCode.ServerFailure));
        }
        if (zone.Reverse(question.Name, question.Type) is { } reverse)
        {
            return new(Authoritative(reverse));
        }
        return ForwardAsync(query, question, cancellationToken);
    }

    private async ValueTask<DnsMessage> InZoneAsync(DnsMessage query, DnsQuestion question, CancellationToken cancellationToken)
    {
        var aliases = new List<DnsRecord>();
        var name = question.Name;
        while (true)
        {
            var found = zone.Lookup(name, question.Type);
            if (found.Answers is not [{ Type: RecordType.CNAME, Data: NameData alias } record] || question.Type is RecordType.CNAME or RecordType.ANY)
            {
                var answer = Authoritative(found);
                return answer with { Answers = [.. aliases, .. answer.Answers] };
            }
            aliases.Add(record);
            if (aliases.Count > MaxAliases)
            {
                return Of(ResponseCode.ServerFailure); // they name each other
            }
            name = alias.Name;
            if (!zone.Covers(name))
            {
                var outside = await ForwardAsync(query, question with { Name = name }, cancellationToken);
                return outside with { IsAuthoritative = true, Answers = [.. aliases, .. outside.Answers] };
            }
        }
    }

    private async ValueTask<DnsMessage> ForwardAsync(DnsMessage query, DnsQuestion question, CancellationToken cancellationToken)
    {
        if (!query.RecursionDesired)
        {
            return Of(ResponseCode.Refused);
        }
        var answer = await forwarder.AskAsync(question, query.Edns?.DnssecOk == true, query.CheckingDisabled, cancellationToken);
        return answer is null
            ? Of(ResponseCode.ServerFailure)
            : answer with { IsAuthoritative = false, IsTruncated = false };
    }

    private DnsMessage Authoritative(ZoneAnswer answer) => Of(answer.Code) with
    {
        IsAuthoritative = true,
        Answers = Turned(answer.Answers),
        Authorities = answer.Answers.Count == 0 ? [zone.Authority] : [],
        Additional = answer.Additional,
    };

    // Clients mostly take the first address: each gets another one first.
    private IReadOnlyList<DnsRecord> Turned(IReadOnlyList<DnsRecord> records)
    {
        if (records.Count < 2)
        {
            return records;
        }
        var first = (int)((uint)Interlocked.Increment(ref _turn) % (uint)records.Count);
        return [.. records.Skip(first), .. records.Take(first)];
    }

    private static DnsMessage Of(ResponseCode code) => new() { Id = 0, Code = code };
}
