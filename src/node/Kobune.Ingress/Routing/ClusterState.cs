using Kobune.Api.Core.V1;
using Kobune.Api.Discovery.V1;
using Kobune.Api.Networking.V1;

namespace Kobune.Ingress.Routing;

/// <summary>What the routes are made from: the Ingresses that are ours, and how to look up what they name.</summary>
/// <param name="Ingresses">In any order.</param>
/// <param name="Service">By namespace and name.</param>
/// <param name="Slices">The EndpointSlices of a Service, by its namespace and name.</param>
/// <param name="Certificate">The file of a TLS Secret, by namespace and name; null when there is none that can be used.</param>
internal sealed record ClusterState(
    IReadOnlyList<Api.Networking.V1.Ingress> Ingresses,
    Func<string, string, Service?> Service,
    Func<string, string, IEnumerable<EndpointSlice>> Slices,
    Func<string, string, string?> Certificate);
