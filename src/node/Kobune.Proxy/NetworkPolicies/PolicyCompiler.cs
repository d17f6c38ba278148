using Kobune.Api;
using Kobune.Api.Networking.V1;
using Kobune.Proxy.Nftables;
using Kobune.Proxy.Tools;

namespace Kobune.Proxy.NetworkPolicies;

/// <summary>
/// The rules of all policies for the Pods of one node: a pure function. Pods that the same policies select share a chain,
/// which returns what is allowed and drops the rest; selected peers are sets, so that a Pod that comes or goes is an element.
/// </summary>
internal sealed class PolicyCompiler
{
    private readonly PolicyInput _input;
    private readonly NftFragment _result = new();

    private PolicyCompiler(PolicyInput input) => _input = input;

    public static NftFragment Compile(PolicyInput input)
    {
        var compiler = new PolicyCompiler(input);
        compiler.Direct("Ingress", "in-", PolicyTable.IngressPods);
        compiler.Direct("Egress", "out-", PolicyTable.EgressPods);
        return compiler._result;
    }

    private void Direct(string direction, string prefix, string map)
    {
        var selected = new SortedDictionary<string, List<NetworkPolicy>>(StringComparer.Ordinal);
        foreach (var policy in _input.Policies.Where(p => Restricts(p, direction)).OrderBy(p => $"{p.Namespace}/{p.Name}", StringComparer.Ordinal))
        {
            foreach (var pod in _input.Select(null, policy.Namespace, Selector(policy.Spec.PodSelector)).Where(p => p.Node == _input.NodeName))
            {
                if (!selected.TryGetValue(pod.Address, out var policies))
                {
                    selected[pod.Address] = policies = [];
                }
                policies.Add(policy);
            }
        }
        foreach (var (address, policies) in selected)
        {
            var chain = prefix + ChainHash.Of(string.Join(',', policies.Select(p => $"{p.Namespace}/{p.Name}")), 16);
            _result.Elements[new NftElement(map, address)] = "jump " + chain;
            _result.Elements[new NftElement(PolicyTable.Loopback, $"{address} . {address}")] = "";
            if (!_result.Chains.ContainsKey(chain))
            {
                Fill(_result.Chain(chain), policies, direction == "Ingress");
            }
        }
    }

    private void Fill(List<string> chain, List<NetworkPolicy> policies, bool ingress)
    {
        foreach (var policy in policies)
        {
            if (ingress)
            {
                policy.Spec.Ingress.ForEach(rule => Allow(chain, policy, rule.From, rule.Ports, "saddr"));
            }
            else
            {
                policy.Spec.Egress.ForEach(rule => Allow(chain, policy, rule.To, rule.Ports, "daddr"));
            }
        }
        chain.Add("drop");
    }

    private void Allow(List<string> chain, NetworkPolicy policy, List<NetworkPolicyPeer> peers, List<NetworkPolicyPort> ports, string side)
    {
        var from = peers.Count == 0 ? [""] : peers.Select(p => Peer(policy, p, side)).OfType<string>().ToList();
        var to = ports.Count == 0 ? [""] : ports.Select(Port).ToList();
        foreach (var peer in from)
        {
            chain.AddRange(to.Select(port => $"{peer}{port}return comment \"{policy.Namespace}/{policy.Name}\""));
        }
    }

    // The match of a peer; null when it cannot match IPv4 at all.
    private string? Peer(NetworkPolicy policy, NetworkPolicyPeer peer, string side)
    {
        if (peer.IpBlock is { } block)
        {
            return block.Cidr.Contains(':', StringComparison.Ordinal) ? null
                : $"ip {side} {block.Cidr} {string.Concat(block.Except.Select(e => $"ip {side} != {e} "))}";
        }
        var namespaces = peer.NamespaceSelector is null ? null : Selector(peer.NamespaceSelector);
        var pods = peer.PodSelector is null ? LabelSelectors.Everything : Selector(peer.PodSelector);
        var set = "peers-" + ChainHash.Of(namespaces is null ? $"{policy.Namespace}|{pods}" : $"|{namespaces}|{pods}", 16);
        if (_result.Sets.TryAdd(set, "type ipv4_addr ;"))
        {
            foreach (var pod in _input.Select(namespaces, policy.Namespace, pods))
            {
                _result.Elements[new NftElement(set, pod.Address)] = "";
            }
        }
        return $"ip {side} @{set} ";
    }

    private string Port(NetworkPolicyPort port)
    {
        var protocol = (port.Protocol ?? "TCP").ToLowerInvariant();
        if (port.Port is not { } target)
        {
            return $"meta l4proto {protocol} ";
        }
        if (!target.IsString)
        {
            return port.EndPort is { } end && end > target.IntValue ? $"{protocol} dport {target.IntValue}-{end} " : $"{protocol} dport {target.IntValue} ";
        }
        var set = "port-" + ChainHash.Of($"{protocol}/{target.StringValue}", 16);
        if (_result.Sets.TryAdd(set, "type ipv4_addr . inet_service ;"))
        {
            foreach (var pod in _input.Pods)
            {
                foreach (var (_, _, number) in pod.Ports.Where(p => p.Name == target.StringValue && p.Protocol == protocol))
                {
                    _result.Elements[new NftElement(set, $"{pod.Address} . {number}")] = "";
                }
            }
        }
        return $"ip daddr . {protocol} dport @{set} ";
    }

    private static bool Restricts(NetworkPolicy policy, string direction) => policy.Spec.PolicyTypes.Count > 0
        ? policy.Spec.PolicyTypes.Contains(direction)
        : direction == "Ingress" || policy.Spec.Egress.Count > 0;

    private static ISelector Selector(Api.Meta.V1.LabelSelector selector)
    {
        try
        {
            return LabelSelectors.From(selector);
        }
        catch (FormatException)
        {
            return LabelSelectors.Nothing;
        }
    }
}
