using System.Net;
using Kobune.Dns.Wire;

namespace Kobune.Dns.Zones;

/// <summary>
/// The cluster's zone after the Kubernetes DNS-based service discovery specification 1.1.0: a function from a question and
/// what is known of Services to records. Names in between (a namespace, <c>_tcp</c>) exist without records (RFC 8020).
/// </summary>
/// <param name="data">What is known.</param>
/// <param name="zone">The cluster's domain.</param>
/// <param name="server">The address of the DNS Service itself, for the zone's NS record; null when there is none.</param>
internal sealed class ClusterZone(ZoneData data, DnsName zone, Func<IPAddress?> server)
{
    /// <summary>The version of the specification.</summary>
    public const string SchemaVersion = "1.1.0";

    /// <summary>Seconds that answers may be kept, negative ones as well: short, as endpoints come and go.</summary>
    public const uint Ttl = 5;

    private static readonly DnsName ServerHost = DnsName.Parse("ns.dns");

    public DnsName Name => zone;

    /// <summary>The zone's SOA record; it goes with every negative answer (RFC 2308).</summary>
    public DnsRecord Authority => new(zone, RecordType.SOA, Ttl, new AuthorityData(
        ServerHost.Under(zone), DnsName.Parse("hostmaster").Under(zone), data.Serial, 7200, 1800, 86400, Ttl));

    /// <summary>Whether this zone answers for the name.</summary>
    public bool Covers(DnsName name) => name.EndsWith(zone);

    /// <summary>Answers for a name in the zone; CNAMEs are not followed here.</summary>
    public ZoneAnswer Lookup(DnsName name, RecordType type)
    {
        var labels = name.WithoutLast(zone.Count).Labels;
        return labels switch
        {
            [] => Apex(name, type),
            [.., var last] when Is(last, "svc") => Services(name, [.. labels.SkipLast(1)], type),
            [.., var last] when Is(last, "pod") => Pods(name, [.. labels.SkipLast(1)], type),
            [var only] when Is(only, "dns-version") => type is RecordType.TXT or RecordType.ANY
                ? ZoneAnswer.Of([new DnsRecord(name, RecordType.TXT, Ttl, new TextData(SchemaVersion))])
                : ZoneAnswer.NoData,
            [var first, var second] when Is(first, "ns") && Is(second, "dns") => Addresses(name, type, server() is { } address ? [address] : []),
            [var only] when Is(only, "dns") => ZoneAnswer.NoData,
            _ => ZoneAnswer.NoName,
        };
    }

    /// <summary>The names of an address, or null when nobody in the cluster has it: then others may know.</summary>
    public ZoneAnswer? Reverse(DnsName name, RecordType type)
    {
        if (ReverseNames.AddressOf(name) is not { } address || data.OwnersOf(address) is not { Count: > 0 } owners)
        {
            return null;
        }
        return type is RecordType.PTR or RecordType.ANY
            ? ZoneAnswer.Of([.. owners.Select(o => new DnsRecord(name, RecordType.PTR, Ttl, new NameData(NameOf(o))))])
            : ZoneAnswer.NoData;
    }

    private ZoneAnswer Apex(DnsName name, RecordType type) => type switch
    {
        RecordType.SOA or RecordType.ANY => ZoneAnswer.Of([Authority]),
        RecordType.NS => ZoneAnswer.Of([new DnsRecord(name, RecordType.NS, Ttl, new NameData(ServerHost.Under(zone)))]),
        _ => ZoneAnswer.NoData,
    };

    // [[[endpoint | _port _protocol] service] namespace] svc
    private ZoneAnswer Services(DnsName name, IReadOnlyList<string> labels, RecordType type)
    {
        if (labels.Count == 0)
        {
            return ZoneAnswer.NoData;
        }
        if (labels.Count == 1)
        {
            return data.HasNamespace(labels[0]) ? ZoneAnswer.NoData : ZoneAnswer.NoName;
        }
        var below = labels.SkipLast(2).ToArray();
        if (data.Find(labels[^1], labels[^2]) is not { } service)
        {
            return ZoneAnswer.NoName;
        }
        return (service, below) switch
        {
            ({ ExternalName: { } target }, []) => ZoneAnswer.Of([new DnsRecord(name, RecordType.CNAME, Ttl, new NameData(target))]),
            ({ IsHeadless: true }, []) => Headless(service, service.Endpoints, name, type),
            (_, []) => type == RecordType.SRV ? Srv(service, name, static _ => true) : Addresses(name, type, service.Addresses),
            (_, [['_', .. var protocol]]) => service.AllPorts.Any(p => Is(p.Protocol, protocol)) ? ZoneAnswer.NoData : ZoneAnswer.NoName,
            (_, [['_', .. var port], ['_', .. var protocol]]) => Ports(service, name, port, protocol, type),
            ({ IsHeadless: true }, [var host]) => Headless(service, [.. service.Endpoints.Where(e => Is(e.Host, host))], name, type),
            _ => ZoneAnswer.NoName,
        };
    }

    private ZoneAnswer Headless(ServiceRecords service, IReadOnlyList<EndpointRecords> endpoints, DnsName name, RecordType type)
    {
        if (endpoints.Count == 0)
        {
            return ZoneAnswer.NoName; // §2.4.1: without a ready endpoint there is no such name
        }
        return type == RecordType.SRV
            ? Srv(service with { Endpoints = endpoints }, name, static _ => true)
            : Addresses(name, type, [.. endpoints.Select(static e => e.Address).Distinct()]);
    }

    private ZoneAnswer Ports(ServiceRecords service, DnsName name, string port, string protocol, RecordType type)
    {
        bool Wanted(PortRecord p) => Is(p.Name, port) && Is(p.Protocol, protocol);
        if (!service.AllPorts.Any(Wanted))
        {
            return ZoneAnswer.NoName;
        }
        return type is RecordType.SRV or RecordType.ANY ? Srv(service, name, Wanted) : ZoneAnswer.NoData;
    }

    private ZoneAnswer Srv(ServiceRecords service, DnsName owner, Func<PortRecord, bool> wanted)
    {
        var serviceName = NameOf(new AddressOwner(service.Namespace, service.Name, null));
        var targets = service.IsHeadless
            ? service.Endpoints.SelectMany(e => e.Ports.Where(wanted).Select(p => (Target: new DnsName(e.Host).Under(serviceName), p.Number))).Distinct().ToList()
            : [.. service.Ports.Where(wanted).Select(p => (Target: serviceName, p.Number))];
        if (targets.Count == 0)
        {
            return ZoneAnswer.NoData;
        }
        var weight = (ushort)Math.Max(1, 100 / targets.Count);
        var names = targets.Select(static t => t.Target).ToHashSet();
        IEnumerable<DnsRecord> addresses = service.IsHeadless
            ? service.Endpoints.Select(e => AddressRecord(new DnsName(e.Host).Under(serviceName), e.Address)).Where(r => names.Contains(r.Name)).Distinct()
            : service.Addresses.Select(a => AddressRecord(serviceName, a));
        return ZoneAnswer.Of([.. targets.Select(t => new DnsRecord(owner, RecordType.SRV, Ttl, new ServiceData(0, weight, t.Number, t.Target)))], [.. addresses]);
    }

    // §2.6, deprecated and still required: 10-1-2-3.NAMESPACE.pod is 10.1.2.3.
    private ZoneAnswer Pods(DnsName name, IReadOnlyList<string> labels, RecordType type) => labels switch
    {
        [] => ZoneAnswer.NoData,
        [.., var ns] when !data.HasNamespace(ns) => ZoneAnswer.NoName,
        [_] => ZoneAnswer.NoData,
        [var dashed, _] when AddressOf(dashed) is { } address => Addresses(name, type, [address]),
        _ => ZoneAnswer.NoName,
    };

    private static IPAddress? AddressOf(string dashed)
    {
        var dots = dashed.Count(static c => c == '-') == 3 ? dashed.Replace('-', '.') : null;
        if (dots is not null && dots.All(static c => char.IsAsciiDigit(c) || c == '.') && IPAddress.TryParse(dots, out var four))
        {
            return four;
        }
        return dashed.All(static c => char.IsAsciiHexDigit(c) || c == '-') && IPAddress.TryParse(dashed.Replace('-', ':'), out var six) ? six : null;
    }

    private static ZoneAnswer Addresses(DnsName name, RecordType type, IReadOnlyList<IPAddress> addresses) =>
        ZoneAnswer.Of([.. addresses.Select(a => AddressRecord(name, a)).Where(r => type == RecordType.ANY || r.Type == type)]);

    private static DnsRecord AddressRecord(DnsName name, IPAddress address)
    {
        var data = new AddressData(address);
        return new DnsRecord(name, data.Type, Ttl, data);
    }

    private DnsName NameOf(AddressOwner owner) => new DnsName(owner.Host is null
        ? [owner.Service, owner.Namespace, "svc"]
        : [owner.Host, owner.Service, owner.Namespace, "svc"]).Under(zone);

    private static bool Is(string label, string other) => string.Equals(label, other, StringComparison.OrdinalIgnoreCase);
}
