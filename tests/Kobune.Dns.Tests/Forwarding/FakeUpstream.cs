using System.Net;
using Kobune.Dns.Forwarding;
using Kobune.Dns.Wire;

namespace Kobune.Dns.Tests.Forwarding;

/// <summary>Name servers that answer as they are told.</summary>
internal sealed class FakeUpstream : IUpstream
{
    private int _asked;

    public int Asked => _asked;

    public Func<DnsMessage, DnsMessage> Answer { get; set; } = q => q with { IsResponse = true, Code = ResponseCode.NameError };

    /// <summary>Answers wait for it.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public async Task<DnsMessage> AskAsync(IPEndPoint server, DnsMessage query, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _asked);
        await Gate.WaitAsync(cancellationToken);
        return Answer(query);
    }

    public static DnsMessage Address(DnsMessage query, string address, uint ttl = 20) => query with
    {
        IsResponse = true,
        Answers = [new DnsRecord(query.Question!.Value.Name, RecordType.A, ttl, new AddressData(IPAddress.Parse(address)))],
    };
}
