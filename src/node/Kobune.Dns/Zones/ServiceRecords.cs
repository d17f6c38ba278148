using System.Net;
using Kobune.Api.Core.V1;
using Kobune.Api.Discovery.V1;
using Kobune.Dns.Wire;

namespace Kobune.Dns.Zones;

/// <summary>What DNS says about one Service: exactly one of addresses, endpoints or another name. Immutable.</summary>
internal sealed record ServiceRecords
{
    public required string Namespace { get; init; }
    public required string Name { get; init; }

    /// <summary>Cluster addresses.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    /// <summary>The Service's own ports, for SRV with cluster addresses.</summary>
    public IReadOnlyList<PortRecord> Ports { get; init; } = [];

    public bool IsHeadless { get; init; }

    /// <summary>Of a headless Service, those that are ready.</summary>
    public IReadOnlyList<EndpointRecords> Endpoints { get; init; } = [];

    /// <summary>Of an ExternalName Service; null of all others.</summary>
    public DnsName? ExternalName { get; init; }

    /// <summary>The ports that SRV records may be asked for.</summary>
    public IEnumerable<PortRecord> AllPorts => IsHeadless ? Endpoints.SelectMany(static e => e.Ports) : Ports;

    public static ServiceRecords Of(Service service, IEnumerable<EndpointSlice> slices)
    {
        var records = new ServiceRecords { Namespace = service.Namespace, Name = service.Name };
        if (service.Spec.Type == "ExternalName")
        {
            // What is no name (an address, say) was never resolvable; such a Service has no records.
            var name = DnsName.Parse(service.Spec.ExternalName);
            return name.IsValid && name.Count > 0 ? records with { ExternalName = name } : records;
        }
        if (service.Spec.ClusterIP == "None")
        {
            return records with { IsHeadless = true, Endpoints = EndpointsOf(service, slices) };
        }
        IEnumerable<string> addresses = service.Spec.ClusterIPs.Count > 0 ? service.Spec.ClusterIPs : [service.Spec.ClusterIP];
        return records with
        {
            Addresses = [.. addresses.Select(static a => IPAddress.TryParse(a, out var ip) ? ip : null).OfType<IPAddress>()],
            Ports = [.. service.Spec.Ports.Where(static p => p.Name.Length > 0).Select(static p => Port(p.Name, p.Protocol, p.Port))],
        };
    }

    private static List<EndpointRecords> EndpointsOf(Service service, IEnumerable<EndpointSlice> slices)
    {
        var found = new List<EndpointRecords>();
        var seen = new HashSet<(string, IPAddress, string)>();
        foreach (var slice in slices)
        {
            var ports = slice.Ports.Where(static p => p is { Name.Length: > 0, Port: not null }).Select(static p => Port(p.Name!, p.Protocol ?? "TCP", p.Port!.Value)).ToList();
            var portsKey = string.Join(',', ports.Select(static p => $"{p.Name}/{p.Protocol}/{p.Number}"));
            foreach (var endpoint in slice.Endpoints.Where(e => e.Conditions.Ready != false || service.Spec.PublishNotReadyAddresses))
            {
                foreach (var text in endpoint.Addresses)
                {
                    // Slices of type FQDN hold names, which have no place here.
                    if (IPAddress.TryParse(text, out var address))
                    {
                        var host = endpoint.Hostname is { Length: > 0 } given ? given : Dashed(address);
                        if (seen.Add((host, address, portsKey)))
                        {
                            found.Add(new EndpointRecords(host, address, ports));
                        }
                    }
                }
            }
        }
        return found;
    }

    /// <summary>10.1.2.3 → 10-1-2-3; fd00::7 → fd00--7.</summary>
    public static string Dashed(IPAddress address) => address.ToString().Replace('.', '-').Replace(':', '-');

    private static PortRecord Port(string name, string protocol, int number) =>
        new(name.ToLowerInvariant(), protocol.Length == 0 ? "tcp" : protocol.ToLowerInvariant(), (ushort)number);
}
