using System.Globalization;
using Kobune.Api.Core.V1;
using Kobune.Api.Networking.V1;

namespace Kobune.Ingress.Routing;

/// <summary>Finds the endpoints behind a backend.</summary>
internal sealed class UpstreamBuilder(ClusterState state)
{
    private readonly SortedDictionary<string, Upstream> _upstreams = new(StringComparer.Ordinal);

    public IReadOnlyList<Upstream> All => [.. _upstreams.Values];

    /// <summary>The upstream of the backend; null with the reason when there can be none.</summary>
    public string? Add(string ns, IngressServiceBackend backend, Func<Upstream, Upstream> adjust, out string problem)
    {
        var portText = backend.Port.Name.Length > 0 ? backend.Port.Name : backend.Port.Number.ToString(CultureInfo.InvariantCulture);
        // No name has an underscore, so that x-y/z and x/y-z stay two.
        var plain = $"{ns}_{backend.Name}_{portText}";
        // With affinity it is another one: the same Service may be led to without.
        var id = adjust(new Upstream(plain, [])) is { AffinityCookie: { Length: > 0 } cookie } ? $"{plain}-{cookie}" : plain;
        problem = "";
        if (_upstreams.ContainsKey(id))
        {
            return id;
        }
        if (state.Service(ns, backend.Name) is not { } service)
        {
            problem = $"service \"{ns}/{backend.Name}\" does not exist";
            return null;
        }
        if (service.Spec.Type == "ExternalName")
        {
            var port = backend.Port.Number > 0 ? backend.Port.Number : service.Spec.Ports.FirstOrDefault(p => p.Name == backend.Port.Name)?.Port ?? 80;
            _upstreams[id] = new Upstream(id, []) { ExternalName = $"{service.Spec.ExternalName}:{port}" };
            return id;
        }
        if (service.Spec.Ports.FirstOrDefault(p => backend.Port.Name.Length > 0 ? p.Name == backend.Port.Name : p.Port == backend.Port.Number) is not { } found)
        {
            problem = $"service \"{ns}/{backend.Name}\" has no port {portText}";
            return null;
        }
        _upstreams[id] = adjust(new Upstream(id, Servers(service, found)));
        return id;
    }

    private List<string> Servers(Service service, ServicePort port)
    {
        var servers = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var slice in state.Slices(service.Namespace, service.Name))
        {
            if (slice.Ports.FirstOrDefault(p => (p.Name ?? "") == port.Name && (p.Protocol ?? "TCP") == "TCP")?.Port is not { } number)
            {
                continue;
            }
            foreach (var address in slice.Endpoints.Where(e => e.Conditions.Ready != false).SelectMany(e => e.Addresses))
            {
                if (System.Net.IPAddress.TryParse(address, out var parsed))
                {
                    servers.Add(new System.Net.IPEndPoint(parsed, number).ToString());
                }
            }
        }
        return [.. servers];
    }
}
