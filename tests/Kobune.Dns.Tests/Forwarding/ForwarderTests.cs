using System.Net;
using Kobune.Dns.Forwarding;
using Kobune.Dns.Wire;
using Kobune.Testing.Time;

namespace Kobune.Dns.Tests.Forwarding;

public sealed class ForwarderTests
{
    private static readonly DnsQuestion Question = new(DnsName.Parse("www.example.com"), RecordType.A, 1);
    private readonly FakeUpstream _upstream = new() { Answer = q => FakeUpstream.Address(q, "192.0.2.1") };
    private readonly ManualTimeProvider _time = new();
    private readonly List<IPEndPoint> _servers = [new(IPAddress.Parse("192.0.2.53"), 53)];

    private Forwarder New(int capacity = 10) => new(() => _servers, _upstream, new AnswerCache(_time, capacity), _time);

    [Fact]
    public async Task An_answer_is_kept_as_long_as_it_says_and_counts_down()
    {
        var forwarder = New();
        await AskAsync(forwarder, Question);
        _time.Advance(TimeSpan.FromSeconds(15));

        Assert.Equal(5u, (await AskAsync(forwarder, Question))!.Answers[0].Ttl);
        Assert.Equal(1, _upstream.Asked);

        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(20u, (await AskAsync(forwarder, Question))!.Answers[0].Ttl);
        Assert.Equal(2, _upstream.Asked);
    }

    [Fact]
    public async Task A_negative_answer_is_kept_only_with_its_authority()
    {
        var forwarder = New();
        _upstream.Answer = q => q with { IsResponse = true, Code = ResponseCode.NameError };
        await AskAsync(forwarder, Question);
        await AskAsync(forwarder, Question);
        Assert.Equal(2, _upstream.Asked);

        _upstream.Answer = q => q with
        {
            IsResponse = true,
            Code = ResponseCode.NameError,
            Authorities = [new DnsRecord(DnsName.Parse("com"), RecordType.SOA, 900, new AuthorityData(DnsName.Root, DnsName.Root, 1, 1, 1, 1, 10))],
        };
        await AskAsync(forwarder, Question);
        await AskAsync(forwarder, Question);
        Assert.Equal(3, _upstream.Asked);
        _time.Advance(TimeSpan.FromSeconds(10));
        await AskAsync(forwarder, Question);
        Assert.Equal(4, _upstream.Asked);
    }

    [Fact]
    public async Task The_cache_is_bounded()
    {
        var forwarder = New(capacity: 3);
        for (var i = 0; i < 5; i++)
        {
            await AskAsync(forwarder, Question with { Name = DnsName.Parse($"a{i}.example.com") });
        }
        await AskAsync(forwarder, Question with { Name = DnsName.Parse("a4.example.com") });
        Assert.Equal(5, _upstream.Asked);
        await AskAsync(forwarder, Question with { Name = DnsName.Parse("a0.example.com") });
        Assert.Equal(6, _upstream.Asked);
    }

    [Fact]
    public async Task Equal_questions_at_once_are_asked_once()
    {
        var gate = new TaskCompletionSource();
        _upstream.Gate = gate.Task;
        var forwarder = New();
        var asking = Enumerable.Range(0, 10).Select(_ => AskAsync(forwarder, Question)).ToList();
        gate.SetResult();

        Assert.All(await Task.WhenAll(asking), a => Assert.Single(a!.Answers));
        Assert.Equal(1, _upstream.Asked);
    }

    [Fact]
    public async Task The_next_server_is_asked_when_one_fails_or_is_silent()
    {
        _servers.Add(new(IPAddress.Parse("192.0.2.54"), 53));
        var calls = 0;
        _upstream.Answer = q => ++calls == 1 ? throw new IOException("reset") : FakeUpstream.Address(q, "192.0.2.7");
        Assert.Single((await AskAsync(New(), Question))!.Answers);

        _upstream.Gate = new TaskCompletionSource().Task;
        var silent = AskAsync(New(), Question);
        Assert.False(silent.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(2));
        _upstream.Gate = Task.CompletedTask;
        _time.Advance(TimeSpan.FromSeconds(2));
        await silent;
    }

    [Fact]
    public async Task Without_servers_there_is_no_answer()
    {
        _servers.Clear();
        Assert.Null(await AskAsync(New(), Question));
    }

    [Fact]
    public void Resolver_files_name_servers_but_never_ourselves()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, "# comment\nsearch example.com\nnameserver 10.96.0.10\nnameserver\t192.0.2.53\nnameserver nonsense\n");
        try
        {
            var resolvers = new ResolverFile(file, a => a.Equals(IPAddress.Parse("10.96.0.10")));
            Assert.Equal([new IPEndPoint(IPAddress.Parse("192.0.2.53"), 53)], resolvers.Servers());
        }
        finally
        {
            File.Delete(file);
        }
        Assert.Empty(new ResolverFile("/nonexistent/resolv.conf", _ => false).Servers());
    }

    private static async Task<DnsMessage?> AskAsync(Forwarder forwarder, DnsQuestion question) => await forwarder.AskAsync(question, false, false, default);
}
