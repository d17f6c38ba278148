using System.Net;

namespace Kobune.Dns.Zones;

/// <summary>A port that has an SRV record: <c>_name._protocol</c>, both lower case.</summary>
internal sealed record PortRecord(string Name, string Protocol, ushort Number);

/// <summary>One ready endpoint of a headless Service.</summary>
/// <param name="Host">Its host name, or its address with dashes.</param>
/// <param name="Address">Its address.</param>
/// <param name="Ports">Its ports.</param>
internal sealed record EndpointRecords(string Host, IPAddress Address, IReadOnlyList<PortRecord> Ports);
