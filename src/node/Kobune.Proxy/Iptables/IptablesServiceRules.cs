using System.Globalization;
using Kobune.Proxy.Services;

namespace Kobune.Proxy.Iptables;

/// <summary>The rules of one Service in upstream's shape: a pure function of its plan and the node.</summary>
internal sealed class IptablesServiceRules
{
    private readonly IptablesFragment _result = new();
    private readonly NodeView _node;

    private IptablesServiceRules(NodeView node) => _node = node;

    public static IptablesFragment Of(ServicePlan service, NodeView node)
    {
        var rules = new IptablesServiceRules(node);
        foreach (var port in service.Ports)
        {
            rules.Add(port);
        }
        if (service.HealthCheckPort != 0)
        {
            rules._result.Add("filter", IptablesNames.NodePorts, $"-m comment --comment \"{service.Key} health check node port\" -m tcp -p tcp --dport {service.HealthCheckPort} -j ACCEPT");
        }
        return rules._result;
    }

    private void Add(ServicePortPlan port)
    {
        var chain = port.InternalLocal ? IptablesNames.Local(port.Name) : IptablesNames.Service(port.Name);
        Lead(port, "cluster IP", To(port, port.ClusterIp), port.Internal, chain, IptablesNames.Services);
        if (port.IsExternal)
        {
            AddExternal(port);
        }
        if (port.UsesCluster && port.Cluster.Count > 0)
        {
            Balance(port, IptablesNames.Service(port.Name), port.Cluster, masquerade: !port.InternalLocal);
        }
        if (port.UsesLocal && port.Local.Count > 0)
        {
            Balance(port, IptablesNames.Local(port.Name), port.Local, masquerade: port.InternalLocal);
        }
        foreach (var backend in port.Reachable)
        {
            AddEndpoint(port, backend);
        }
    }

    private void AddExternal(ServicePortPlan port)
    {
        var external = IptablesNames.External(port.Name);
        foreach (var address in port.ExternalIps)
        {
            Lead(port, "external IP", To(port, address), port.External, external, IptablesNames.ExternalServices);
        }
        foreach (var address in port.LoadBalancerIps)
        {
            var firewall = port.SourceRanges.Count > 0 ? IptablesNames.LoadBalancerFirewall(port.Name) : external;
            Lead(port, "loadbalancer IP", To(port, address), port.External, firewall, IptablesNames.ExternalServices);
            if (port.SourceRanges.Count > 0)
            {
                _result.Add("filter", IptablesNames.Firewall, $"-m comment --comment \"{port.Name} traffic not accepted by {firewall}\" {To(port, address)} -j DROP");
            }
        }
        if (port.NodePort != 0)
        {
            AddNodePort(port, external);
        }
        if (port.SourceRanges.Count > 0 && port.LoadBalancerIps.Count > 0)
        {
            AddFirewall(port, external);
        }
        if (port.HasEndpoints)
        {
            AddExternalChain(port, _result.Chains[external] = []);
        }
    }

    // To the chain when there is an endpoint; else it is refused, or dropped when only this node has none.
    private void Lead(ServicePortPlan port, string what, string match, IReadOnlyList<Backend> endpoints, string chain, string filter)
    {
        if (endpoints.Count == 0)
        {
            AddEmpty(port, match, filter);
        }
        if (endpoints.Count > 0 || (filter == IptablesNames.ExternalServices && port.HasEndpoints))
        {
            _result.Add("nat", IptablesNames.Services, $"-m comment --comment \"{port.Name} {what}\" {match} -j {chain}");
        }
    }

    private void AddNodePort(ServicePortPlan port, string external)
    {
        var match = $"-m {port.Name.Protocol} -p {port.Name.Protocol} --dport {port.NodePort}";
        if (port.External.Count == 0)
        {
            AddEmpty(port, "-m addrtype --dst-type LOCAL " + match, IptablesNames.ExternalServices);
        }
        if (port.HasEndpoints)
        {
            _result.Add("nat", IptablesNames.NodePorts, $"-m comment --comment {Word(port)} {match} -j {external}");
        }
    }

    private void AddEmpty(ServicePortPlan port, string match, string filter)
    {
        var (why, verdict) = port.HasEndpoints ? ("has no local endpoints", "DROP") : ("has no endpoints", "REJECT");
        _result.Add("filter", filter, $"-m comment --comment \"{port.Name} {why}\" {match} -j {verdict}");
    }

    private void AddExternalChain(ServicePortPlan port, List<string> chain)
    {
        var cluster = IptablesNames.Service(port.Name);
        if (!port.ExternalLocal)
        {
            chain.Add($"-m comment --comment \"masquerade traffic for {port.Name} external destinations\" -j {IptablesNames.MarkMasq}");
            chain.Add($"-j {cluster}");
            return;
        }
        if (port.Cluster.Count > 0)
        {
            if (_node.PodCidr.Length > 0)
            {
                chain.Add($"-m comment --comment \"pod traffic for {port.Name} external destinations\" -s {_node.PodCidr} -j {cluster}");
            }
            chain.Add($"-m comment --comment \"masquerade LOCAL traffic for {port.Name} external destinations\" -m addrtype --src-type LOCAL -j {IptablesNames.MarkMasq}");
            chain.Add($"-m comment --comment \"route LOCAL traffic for {port.Name} external destinations\" -m addrtype --src-type LOCAL -j {cluster}");
        }
        if (port.Local.Count > 0)
        {
            chain.Add($"-j {IptablesNames.Local(port.Name)}");
        }
    }

    private void AddFirewall(ServicePortPlan port, string external)
    {
        var chain = _result.Chains[IptablesNames.LoadBalancerFirewall(port.Name)] = [];
        var target = port.HasEndpoints ? external : "RETURN";
        chain.AddRange(port.SourceRanges.Concat(port.LoadBalancerIps.Select(ip => ip + "/32")).Distinct()
            .Select(source => $"-m comment --comment \"{port.Name} loadbalancer IP\" -s {source} -j {target}"));
        chain.Add($"-m comment --comment \"other traffic to {port.Name} will be dropped by {IptablesNames.Firewall}\"");
    }

    private void Balance(ServicePortPlan port, string name, IReadOnlyList<Backend> backends, bool masquerade)
    {
        var chain = _result.Chains[name] = [];
        if (masquerade && _node.PodCidr.Length > 0)
        {
            chain.Add($"-m comment --comment \"{port.Name} cluster IP\" {To(port, port.ClusterIp)} ! -s {_node.PodCidr} -j {IptablesNames.MarkMasq}");
        }
        foreach (var backend in port.AffinitySeconds > 0 ? backends : [])
        {
            var endpoint = IptablesNames.Endpoint(port.Name, backend);
            chain.Add($"-m comment --comment \"{port.Name} -> {backend}\" -m recent --name {endpoint} --rcheck --seconds {port.AffinitySeconds} --reap -j {endpoint}");
        }
        for (var i = 0; i < backends.Count; i++)
        {
            var left = backends.Count - i;
            var chance = left == 1 ? "" : $" -m statistic --mode random --probability {(1.0 / left).ToString("0.0000000000", CultureInfo.InvariantCulture)}";
            chain.Add($"-m comment --comment \"{port.Name} -> {backends[i]}\"{chance} -j {IptablesNames.Endpoint(port.Name, backends[i])}");
        }
    }

    private void AddEndpoint(ServicePortPlan port, Backend backend)
    {
        var name = IptablesNames.Endpoint(port.Name, backend);
        var remember = port.AffinitySeconds > 0 ? $" -m recent --name {name} --set" : "";
        _result.Chains[name] =
        [
            $"-m comment --comment {Word(port)} -s {backend.Address} -j {IptablesNames.MarkMasq}",
            $"-m comment --comment {Word(port)}{remember} -m {port.Name.Protocol} -p {port.Name.Protocol} -j DNAT --to-destination {backend}",
        ];
    }

    private static string To(ServicePortPlan port, string address) => $"-m {port.Name.Protocol} -p {port.Name.Protocol} -d {address} --dport {port.Port}";

    private static string Word(ServicePortPlan port) => port.Name.ToString();
}
