using Kobune.Dns.Wire;
using Kobune.Runtime;

namespace Kobune.Dns.Tests.Zones;

/// <summary>The records of the DNS-based service discovery specification, by its paragraphs.</summary>
public sealed class ClusterZoneTests
{
    private readonly TestZone _zone = new();

    [Theory]
    [InlineData("dns-version.cluster.local", RecordType.TXT, "1.1.0")] // 2.2
    [InlineData("kubernetes.default.svc.cluster.local", RecordType.A, "10.96.0.1")] // 2.3.1
    [InlineData("KUBERNETES.Default.SVC.cluster.LOCAL", RecordType.A, "10.96.0.1")]
    [InlineData("_https._tcp.kubernetes.default.svc.cluster.local", RecordType.SRV, "443 kubernetes.default.svc.cluster.local.")] // 2.3.2
    [InlineData("nginx.default.svc.cluster.local", RecordType.A, "10.244.0.5 10.244.0.6 10.244.0.7")] // 2.4.1
    [InlineData("web-0.nginx.default.svc.cluster.local", RecordType.A, "10.244.0.5")]
    [InlineData("10-244-0-7.nginx.default.svc.cluster.local", RecordType.A, "10.244.0.7")]
    [InlineData("early.default.svc.cluster.local", RecordType.A, "10.244.0.10")]
    [InlineData("first.early.default.svc.cluster.local", RecordType.A, "10.244.0.10")]
    [InlineData("_http._tcp.nginx.default.svc.cluster.local", RecordType.SRV, // 2.4.2
        "8080 web-0.nginx.default.svc.cluster.local. 8080 web-1.nginx.default.svc.cluster.local. 8080 10-244-0-7.nginx.default.svc.cluster.local.")]
    [InlineData("web-0.nginx.default.svc.cluster.local", RecordType.SRV, "8080 web-0.nginx.default.svc.cluster.local.")]
    [InlineData("outside.default.svc.cluster.local", RecordType.A, "www.example.com.")] // 2.5
    [InlineData("10-244-0-5.default.pod.cluster.local", RecordType.A, "10.244.0.5")] // 2.6
    [InlineData("fd00--7.default.pod.cluster.local", RecordType.AAAA, "fd00::7")]
    [InlineData("ns.dns.cluster.local", RecordType.A, "10.96.0.10")]
    [InlineData("cluster.local", RecordType.NS, "ns.dns.cluster.local.")]
    public void A_name_has_its_records(string name, RecordType type, string expected)
    {
        var answer = _zone.Zone.Lookup(DnsName.Parse(name), type);

        Assert.Equal(ResponseCode.NoError, answer.Code);
        Assert.Equal(expected, string.Join(' ', answer.Answers.Select(Text)));
        Assert.All(answer.Answers, r => Assert.Equal(DnsName.Parse(name), r.Name));
    }

    [Theory]
    [InlineData("cluster.local", RecordType.A)]
    [InlineData("svc.cluster.local", RecordType.A)]
    [InlineData("pod.cluster.local", RecordType.A)]
    [InlineData("dns.cluster.local", RecordType.A)]
    [InlineData("default.svc.cluster.local", RecordType.A)]
    [InlineData("default.pod.cluster.local", RecordType.A)]
    [InlineData("empty.svc.cluster.local", RecordType.A)]
    [InlineData("kubernetes.default.svc.cluster.local", RecordType.AAAA)]
    [InlineData("nginx.default.svc.cluster.local", RecordType.AAAA)]
    [InlineData("_tcp.kubernetes.default.svc.cluster.local", RecordType.SRV)]
    [InlineData("_https._tcp.kubernetes.default.svc.cluster.local", RecordType.A)]
    [InlineData("10-244-0-5.default.pod.cluster.local", RecordType.AAAA)]
    public void A_name_that_exists_without_such_records_says_so(string name, RecordType type)
    {
        var answer = _zone.Zone.Lookup(DnsName.Parse(name), type);

        Assert.Equal(ResponseCode.NoError, answer.Code);
        Assert.Empty(answer.Answers);
    }

    [Theory]
    [InlineData("foo.cluster.local")]
    [InlineData("nobody.svc.cluster.local")]
    [InlineData("nobody.pod.cluster.local")]
    [InlineData("10-1-2-3.nobody.pod.cluster.local")]
    [InlineData("web.default.pod.cluster.local")]
    [InlineData("10-1-2-300.default.pod.cluster.local")]
    [InlineData("foo.default.svc.cluster.local")]
    [InlineData("foo.nginx.default.svc.cluster.local")]
    [InlineData("web-9.nginx.default.svc.cluster.local")]
    [InlineData("foo.kubernetes.default.svc.cluster.local")]
    [InlineData("none-ready.default.svc.cluster.local")]
    [InlineData("_udp.kubernetes.default.svc.cluster.local")]
    [InlineData("_https._udp.kubernetes.default.svc.cluster.local")]
    [InlineData("_http._tcp.kubernetes.default.svc.cluster.local")]
    [InlineData("a.b.c.kubernetes.default.svc.cluster.local")]
    [InlineData("kubernetes.default.svc.cluster.local.cluster.local")]
    public void A_name_that_does_not_exist_says_so(string name) =>
        Assert.Equal(ResponseCode.NameError, _zone.Zone.Lookup(DnsName.Parse(name), RecordType.A).Code);

    [Theory]
    [InlineData("1.0.96.10.in-addr.arpa", "kubernetes.default.svc.cluster.local.")] // 2.3.3
    [InlineData("5.0.244.10.in-addr.arpa", "web-0.nginx.default.svc.cluster.local.")] // 2.4.3
    [InlineData("7.0.244.10.in-addr.arpa", "10-244-0-7.nginx.default.svc.cluster.local.")]
    [InlineData("8.0.244.10.in-addr.arpa", null)]
    [InlineData("10.in-addr.arpa", null)]
    public void An_address_has_its_names(string name, string? expected)
    {
        var answer = _zone.Zone.Reverse(DnsName.Parse(name), RecordType.PTR);

        Assert.Equal(expected, answer is null ? null : Text(Assert.Single(answer.Answers)));
    }

    [Fact]
    public void Sixteen_octets_have_a_name_too()
    {
        _zone.Put(TestZone.Service("six", s => s.ClusterIPs = ["fd00::1"]));
        // fd00::1: a 1, twenty-nine zeros, then d and f.
        var name = DnsName.Parse("1." + string.Concat(Enumerable.Repeat("0.", 29)) + "d.f.ip6.arpa");

        var answer = _zone.Zone.Reverse(name, RecordType.PTR);

        Assert.Equal("six.default.svc.cluster.local.", Text(answer!.Answers[0]));
        Assert.Equal("fd00::1", Text(_zone.Zone.Lookup(DnsName.Parse("six.default.svc.cluster.local"), RecordType.AAAA).Answers[0]));
    }

    [Fact]
    public void Srv_brings_the_addresses_of_its_targets()
    {
        var answer = _zone.Zone.Lookup(DnsName.Parse("_http._tcp.nginx.default.svc.cluster.local"), RecordType.SRV);

        Assert.Equal(["10.244.0.5", "10.244.0.6", "10.244.0.7"], answer.Additional.Select(Text));
    }

    [Fact]
    public void A_service_that_is_gone_takes_its_names_along()
    {
        _zone.Data.Put(new ObjectKey("default", "nginx"), null);

        Assert.Equal(ResponseCode.NameError, _zone.Zone.Lookup(DnsName.Parse("nginx.default.svc.cluster.local"), RecordType.A).Code);
        Assert.Null(_zone.Zone.Reverse(DnsName.Parse("5.0.244.10.in-addr.arpa"), RecordType.PTR));
    }

    [Fact]
    public void The_serial_grows_with_each_change()
    {
        var before = ((AuthorityData)_zone.Zone.Authority.Data).Serial;
        _zone.Put(TestZone.Service("new", s => s.ClusterIP = "10.96.0.99"));

        Assert.True(((AuthorityData)_zone.Zone.Authority.Data).Serial > before);
    }

    private static string Text(DnsRecord record) => record.Data switch
    {
        AddressData d => d.Address.ToString(),
        NameData d => d.Name.ToString(),
        ServiceData d => $"{d.Port} {d.Target}",
        TextData d => d.Text,
        var other => other.ToString(),
    };
}
