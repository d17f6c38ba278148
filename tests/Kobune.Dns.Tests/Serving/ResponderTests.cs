using System.Net;
using Kobune.Dns.Forwarding;
using Kobune.Dns.Serving;
using Kobune.Dns.Tests.Forwarding;
using Kobune.Dns.Tests.Zones;
using Kobune.Dns.Wire;
using Kobune.Testing.Time;

namespace Kobune.Dns.Tests.Serving;

public sealed class ResponderTests
{
    private readonly TestZone _zone = new();
    private readonly FakeUpstream _upstream = new();
    private readonly Responder _responder;
    private bool _ready = true;

    public ResponderTests()
    {
        var time = new ManualTimeProvider();
        _responder = new Responder(_zone.Zone, new Forwarder(() => [new IPEndPoint(IPAddress.Loopback, 53)], _upstream, new AnswerCache(time), time), () => _ready);
    }

    [Fact]
    public async Task A_negative_answer_carries_the_authority()
    {
        var answer = await AskAsync("foo.default.svc.cluster.local", RecordType.A);

        Assert.Equal((ResponseCode.NameError, true, true), (answer.Code, answer.IsAuthoritative, answer.RecursionAvailable));
        Assert.Equal(("cluster.local.", RecordType.SOA), (answer.Authorities[0].Name.ToString(), answer.Authorities[0].Type));
        Assert.Equal(RecordType.SOA, (await AskAsync("kubernetes.default.svc.cluster.local", RecordType.AAAA)).Authorities[0].Type);
    }

    [Fact]
    public async Task Addresses_take_turns()
    {
        var firsts = new HashSet<IPAddress>();
        for (var i = 0; i < 3; i++)
        {
            firsts.Add(((AddressData)(await AskAsync("nginx.default.svc.cluster.local", RecordType.A)).Answers[0].Data).Address);
        }

        Assert.Equal(3, firsts.Count);
    }

    [Fact]
    public async Task An_alias_is_followed_inside_and_outside()
    {
        _upstream.Answer = q => FakeUpstream.Address(q, "192.0.2.53");

        Assert.Equal(["CNAME", "A"], (await AskAsync("outside.default.svc.cluster.local", RecordType.A)).Answers.Select(r => r.Type.ToString()));
        Assert.Equal(["CNAME", "A"], (await AskAsync("inside.default.svc.cluster.local", RecordType.A)).Answers.Select(r => r.Type.ToString()));
        Assert.Equal(["CNAME"], (await AskAsync("outside.default.svc.cluster.local", RecordType.CNAME)).Answers.Select(r => r.Type.ToString()));
        Assert.Equal(ResponseCode.ServerFailure, (await AskAsync("circle.default.svc.cluster.local", RecordType.A)).Code);
    }

    [Fact]
    public async Task Other_names_are_forwarded_and_failures_said()
    {
        _upstream.Answer = q => FakeUpstream.Address(q, "192.0.2.1");
        var answer = await AskAsync("www.example.com", RecordType.A);
        Assert.Equal((ResponseCode.NoError, false), (answer.Code, answer.IsAuthoritative));
        Assert.Single(answer.Answers);

        _upstream.Answer = _ => throw new IOException("no network");
        Assert.Equal(ResponseCode.ServerFailure, (await AskAsync("www.example.org", RecordType.A)).Code);
        Assert.Equal(ResponseCode.ServerFailure, (await AskAsync("9.9.0.10.in-addr.arpa", RecordType.PTR)).Code);
        Assert.Equal(ResponseCode.NoError, (await AskAsync("1.0.96.10.in-addr.arpa", RecordType.PTR)).Code);
    }

    [Fact]
    public async Task Nothing_is_denied_before_everything_is_known()
    {
        _ready = false;
        Assert.Equal(ResponseCode.ServerFailure, (await AskAsync("kubernetes.default.svc.cluster.local", RecordType.A)).Code);
    }

    [Fact]
    public async Task What_is_no_question_is_refused_or_dropped()
    {
        var name = DnsName.Parse("kubernetes.default.svc.cluster.local");
        var query = new DnsMessage { Id = 7, Question = new DnsQuestion(name, RecordType.A, 1) };

        Assert.Null(await _responder.RespondAsync(new byte[] { 1 }, false, default));
        Assert.Null(await _responder.RespondAsync(MessageWriter.Write(query with { IsResponse = true }), false, default));
        Assert.Equal(ResponseCode.FormatError, await CodeAsync(new byte[] { 0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 63 }));
        Assert.Equal(ResponseCode.FormatError, await CodeAsync(MessageWriter.Write(query with { Question = null })));
        Assert.Equal(ResponseCode.NotImplemented, await CodeAsync(MessageWriter.Write(query with { OpCode = 4 })));
        Assert.Equal(ResponseCode.Refused, await CodeAsync(MessageWriter.Write(query with { Question = new DnsQuestion(name, RecordType.AXFR, 1) })));
        Assert.Equal(ResponseCode.Refused, await CodeAsync(MessageWriter.Write(query with { Question = new DnsQuestion(name, RecordType.TXT, 3) })));
        Assert.Equal(ResponseCode.BadVersion, await CodeAsync(MessageWriter.Write(query with { Edns = new EdnsOptions(1232, Version: 1) })));
    }

    [Fact]
    public async Task A_long_answer_is_cut_by_udp_and_whole_by_tcp()
    {
        var endpoints = Enumerable.Range(1, 200).Select(i => new Kobune.Api.Discovery.V1.Endpoint { Addresses = [$"10.244.1.{i}"] }).ToArray();
        _zone.Put(TestZone.Service("many", s => s.ClusterIP = "None"), TestZone.Slice(endpoints));
        var query = new DnsMessage { Id = 7, Question = new DnsQuestion(DnsName.Parse("many.default.svc.cluster.local"), RecordType.A, 1) };

        var plain = await _responder.RespondAsync(MessageWriter.Write(query), false, default);
        var extended = await _responder.RespondAsync(MessageWriter.Write(query with { Edns = new EdnsOptions(4096) }), false, default);
        var tcp = MessageReader.Read(await _responder.RespondAsync(MessageWriter.Write(query), true, default));

        Assert.True(plain!.Length <= 512 && MessageReader.Read(plain).IsTruncated);
        Assert.True(extended!.Length is > 512 and <= 1232 && MessageReader.Read(extended).IsTruncated);
        Assert.Equal((false, 200), (tcp.IsTruncated, tcp.Answers.Count));
    }

    private async Task<ResponseCode> CodeAsync(byte[] query) => MessageReader.Read(await _responder.RespondAsync(query, false, default)).Code;

    private async Task<DnsMessage> AskAsync(string name, RecordType type)
    {
        var query = new DnsMessage { Id = 4711, RecursionDesired = true, Question = new DnsQuestion(DnsName.Parse(name), type, 1) };
        var answer = MessageReader.Read(await _responder.RespondAsync(MessageWriter.Write(query), false, default));
        Assert.Equal((4711, true, query.Question), ((int)answer.Id, answer.IsResponse, answer.Question));
        return answer;
    }
}
