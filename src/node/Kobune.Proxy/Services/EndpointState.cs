namespace Kobune.Proxy.Services;

/// <summary>What EndpointSlices say about one endpoint of one port.</summary>
/// <param name="Zones">The zones that the endpoint is meant for; empty without hint.</param>
/// <param name="Nodes">The nodes that the endpoint is meant for; empty without hint.</param>
internal sealed record EndpointState(Backend Backend, bool Ready, bool Serving, bool Terminating, IReadOnlyList<string> Zones, IReadOnlyList<string> Nodes);
