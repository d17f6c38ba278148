using Kobune.Proxy.Services;

namespace Kobune.Proxy.Nftables;

/// <summary>The rules of one Service: a pure function of its plan and the node.</summary>
internal sealed class NftServiceRules
{
    private readonly NftFragment _result = new();
    private readonly NodeView _node;

    private NftServiceRules(NodeView node) => _node = node;

    public static NftFragment Of(ServicePlan service, NodeView node)
    {
        var rules = new NftServiceRules(node);
        foreach (var port in service.Ports)
        {
            rules.Add(port);
        }
        return rules._result;
    }

    /// <summary>What belongs to the node and not to a Service.</summary>
    public static NftFragment OfNode(NodeView node)
    {
        var result = new NftFragment();
        foreach (var address in node.Addresses)
        {
            result.Elements[new NftElement(NftNames.NodePortIps, address)] = "";
        }
        return result;
    }

    private void Add(ServicePortPlan port)
    {
        _result.Elements[new NftElement(NftNames.ClusterIps, port.ClusterIp)] = "";
        var target = $"{port.Name.Protocol} . {port.Port}";
        Lead($"{port.ClusterIp} . {target}", port, port.Internal, InternalChain(port));
        AddChains(port);
        if (!port.IsExternal)
        {
            return;
        }
        if (port.HasEndpoints)
        {
            AddExternalChain(port);
        }
        foreach (var address in port.ExternalIps.Concat(port.LoadBalancerIps).Distinct())
        {
            Lead($"{address} . {target}", port, port.External, NftNames.External(port.Name));
        }
        if (port.NodePort != 0)
        {
            var key = $"{port.Name.Protocol} . {port.NodePort}";
            Lead(key, port, port.External, NftNames.External(port.Name), NftNames.ServiceNodePorts, NftNames.NoEndpointNodePorts);
        }
        AddFirewall(port, target);
    }

    private static string InternalChain(ServicePortPlan port) => port.InternalLocal ? NftNames.Local(port.Name) : NftNames.Service(port.Name);

    // Traffic goes to the chain; with no endpoint for it, it is refused — or dropped, when only this node has none.
    private void Lead(
        string key, ServicePortPlan port, IReadOnlyList<Backend> endpoints, string chain, string map = NftNames.ServiceIps, string empty = NftNames.NoEndpointServices)
    {
        if (endpoints.Count == 0)
        {
            _result.Elements[new NftElement(empty, key)] = port.HasEndpoints ? "drop" : "goto " + NftNames.Reject;
        }
        // Pods and this node reach an external address even when only other nodes have endpoints.
        if (endpoints.Count > 0 || (port.HasEndpoints && chain == NftNames.External(port.Name)))
        {
            _result.Elements[new NftElement(map, key)] = "goto " + chain;
        }
    }

    private void AddChains(ServicePortPlan port)
    {
        var masquerade = _node.PodCidr.Length == 0 ? null
            : $"ip daddr {port.ClusterIp} {port.Name.Protocol} dport {port.Port} ip saddr != {_node.PodCidr} jump {NftNames.MarkForMasquerade}";
        if (port.UsesCluster && port.Cluster.Count > 0)
        {
            Balance(port, NftNames.Service(port.Name), port.Cluster, port.InternalLocal ? null : masquerade);
        }
        if (port.UsesLocal && port.Local.Count > 0)
        {
            Balance(port, NftNames.Local(port.Name), port.Local, port.InternalLocal ? masquerade : null);
        }
        foreach (var backend in port.Reachable)
        {
            if (backend.IsLocal)
            {
                _result.Elements[new NftElement(NftNames.Hairpins, $"{backend.Address} . {backend.Address}")] = "";
            }
            if (port.AffinitySeconds > 0)
            {
                AddSticky(port, backend);
            }
        }
    }

    private void AddSticky(ServicePortPlan port, Backend backend)
    {
        var set = NftNames.Affinity(port.Name, backend, port.AffinitySeconds);
        _result.Sets[set] = $"type ipv4_addr ; flags dynamic,timeout ; timeout {port.AffinitySeconds}s ;";
        var chain = _result.Chain(NftNames.Endpoint(port.Name, backend));
        chain.Add($"update @{set} {{ ip saddr }}");
        chain.Add($"meta l4proto {port.Name.Protocol} dnat to {backend}");
    }

    private void Balance(ServicePortPlan port, string name, IReadOnlyList<Backend> backends, string? first)
    {
        var chain = _result.Chain(name);
        if (first is not null)
        {
            chain.Add(first);
        }
        if (port.AffinitySeconds > 0)
        {
            chain.AddRange(backends.Select(b => $"ip saddr @{NftNames.Affinity(port.Name, b, port.AffinitySeconds)} goto {NftNames.Endpoint(port.Name, b)}"));
        }
        chain.AddRange(NftBalancer.Rules(port, backends));
    }

    private void AddExternalChain(ServicePortPlan port)
    {
        var cluster = port.Cluster.Count > 0 ? NftNames.Service(port.Name) : null;
        var chain = _result.Chain(NftNames.External(port.Name));
        if (!port.ExternalLocal)
        {
            chain.Add("jump " + NftNames.MarkForMasquerade);
            if (cluster is not null)
            {
                chain.Add("goto " + cluster);
            }
            return;
        }
        // Local is about who comes from outside: Pods and the node itself may reach every endpoint.
        if (cluster is not null && _node.PodCidr.Length > 0)
        {
            chain.Add($"ip saddr {_node.PodCidr} goto {cluster} comment \"short-circuit pod traffic\"");
        }
        if (cluster is not null)
        {
            chain.Add($"fib saddr type local jump {NftNames.MarkForMasquerade} comment \"masquerade local traffic\"");
            chain.Add($"fib saddr type local goto {cluster} comment \"short-circuit local traffic\"");
        }
        if (port.Local.Count > 0)
        {
            chain.Add("goto " + NftNames.Local(port.Name));
        }
    }

    private void AddFirewall(ServicePortPlan port, string target)
    {
        if (port.SourceRanges.Count == 0 || port.LoadBalancerIps.Count == 0)
        {
            return;
        }
        var chain = _result.Chain(NftNames.Firewall(port.Name));
        chain.AddRange(port.SourceRanges.Distinct().Order(StringComparer.Ordinal).Select(range => $"ip saddr {range} return"));
        // A node that has the balancer's address itself calls with it as source.
        chain.AddRange(port.LoadBalancerIps.Select(ip => $"ip saddr {ip} return"));
        chain.Add("drop");
        foreach (var address in port.LoadBalancerIps)
        {
            _result.Elements[new NftElement(NftNames.FirewallIps, $"{address} . {target}")] = "goto " + NftNames.Firewall(port.Name);
        }
    }
}
