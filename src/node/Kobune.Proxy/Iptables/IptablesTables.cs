using System.Text;

namespace Kobune.Proxy.Iptables;

/// <summary>
/// Our chains as they stand in the kernel, by owner. Changes come out as input of <c>iptables-restore --noflush</c>, which
/// names — and so rewrites — only chains that differ.
/// </summary>
internal sealed class IptablesTables
{
    private static readonly IptablesChain[] SharedChains =
    [
        new("filter", IptablesNames.Services), new("filter", IptablesNames.ExternalServices), new("filter", IptablesNames.NodePorts),
        new("filter", IptablesNames.Firewall), new("nat", IptablesNames.Services), new("nat", IptablesNames.NodePorts),
    ];

    private readonly SortedDictionary<string, IptablesFragment> _owners = new(StringComparer.Ordinal);

    /// <summary>Replaces what the owners contribute (null: nothing any more). The input, or empty when nothing differs.</summary>
    public string Replace(IEnumerable<KeyValuePair<string, IptablesFragment?>> changes)
    {
        var declare = new StringBuilder();
        var rules = new StringBuilder();
        var remove = new StringBuilder();
        var touched = new HashSet<IptablesChain>();
        foreach (var (owner, fragment) in changes)
        {
            _owners.Remove(owner, out var old);
            if (fragment is not null)
            {
                _owners[owner] = fragment;
            }
            touched.UnionWith(SharedChains.Where(c => !Rules(old, c).SequenceEqual(Rules(fragment, c))));
            Chains(old, fragment, declare, rules, remove);
        }
        var nat = touched.Where(c => c.Table == "nat").ToList();
        var filter = touched.Where(c => c.Table == "filter").ToList();
        nat.ForEach(c => Shared(c, declare, rules));
        var text = new StringBuilder();
        if (filter.Count > 0)
        {
            var filterRules = new StringBuilder();
            text.Append("*filter\n");
            filter.ForEach(c => Shared(c, text, filterRules));
            text.Append(filterRules).Append("COMMIT\n");
        }
        return declare.Length + remove.Length == 0 ? text.ToString() : text.Append("*nat\n").Append(declare).Append(rules).Append(remove).Append("COMMIT\n").ToString();
    }

    /// <summary>The input that makes all of our chains.</summary>
    /// <param name="stale">Chains of the nat table that were there before; those that are not wanted any more go.</param>
    public string Full(IReadOnlyCollection<string> stale)
    {
        var text = new StringBuilder("*filter\n");
        text.Append($":{IptablesNames.Forward} - [0:0]\n");
        var rules = new StringBuilder();
        Array.ForEach(SharedChains.Where(c => c.Table == "filter").ToArray(), c => Shared(c, text, rules));
        text.Append(rules).Append(IptablesSkeleton.Filter).Append("COMMIT\n*nat\n");
        text.Append($":{IptablesNames.Postrouting} - [0:0]\n:{IptablesNames.MarkMasq} - [0:0]\n");
        rules.Clear();
        Array.ForEach(SharedChains.Where(c => c.Table == "nat").ToArray(), c => Shared(c, text, rules));
        var own = _owners.Values.SelectMany(f => f.Chains).ToList();
        own.ForEach(c => Chain(c.Key, c.Value, text, rules));
        var gone = stale.Except(own.Select(c => c.Key)).ToList();
        gone.ForEach(c => text.Append($":{c} - [0:0]\n"));
        gone.ForEach(c => rules.Append($"-X {c}\n"));
        return text.Append(IptablesSkeleton.Nat).Append(rules).Append("COMMIT\n").ToString();
    }

    private static IEnumerable<string> Rules(IptablesFragment? fragment, IptablesChain chain) => fragment?.Shared.GetValueOrDefault(chain) ?? [];

    private void Shared(IptablesChain chain, StringBuilder declare, StringBuilder rules)
    {
        var all = _owners.Values.SelectMany(f => Rules(f, chain));
        if (chain == new IptablesChain("nat", IptablesNames.Services))
        {
            all = all.Append($"-m comment --comment \"kubernetes service nodeports; NOTE: this must be the last rule in this chain\" -m addrtype --dst-type LOCAL -j {IptablesNames.NodePorts}");
        }
        Chain(chain.Name, all, declare, rules);
    }

    private static void Chain(string name, IEnumerable<string> content, StringBuilder declare, StringBuilder rules)
    {
        declare.Append($":{name} - [0:0]\n");
        foreach (var rule in content)
        {
            rules.Append($"-A {name} {rule}\n");
        }
    }

    private static void Chains(IptablesFragment? old, IptablesFragment? now, StringBuilder declare, StringBuilder rules, StringBuilder remove)
    {
        foreach (var (name, content) in now?.Chains ?? [])
        {
            if (old?.Chains.GetValueOrDefault(name)?.SequenceEqual(content) != true)
            {
                Chain(name, content, declare, rules);
            }
        }
        foreach (var name in old?.Chains.Keys.Where(c => now?.Chains.ContainsKey(c) != true) ?? [])
        {
            declare.Append($":{name} - [0:0]\n");
            remove.Append($"-X {name}\n");
        }
    }
}
