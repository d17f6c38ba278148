namespace Kobune.Proxy.Nftables;

/// <summary>What one owner (a Service, say) contributes to a table: chains, sets of its own, and elements of sets and maps.</summary>
internal sealed class NftFragment
{
    /// <summary>Chain → its rules.</summary>
    public Dictionary<string, List<string>> Chains { get; } = [];

    /// <summary>Set → what stands between its braces, e.g. <c>type ipv4_addr ; timeout 60s ;</c>.</summary>
    public Dictionary<string, string> Sets { get; } = [];

    /// <summary>(Set or map, key) → value; empty for sets.</summary>
    public Dictionary<NftElement, string> Elements { get; } = [];

    /// <summary>The chain, made when it is new.</summary>
    public List<string> Chain(string name)
    {
        if (!Chains.TryGetValue(name, out var rules))
        {
            Chains[name] = rules = [];
        }
        return rules;
    }
}

/// <summary>An element's place: the set or map, and the key within it.</summary>
internal readonly record struct NftElement(string Set, string Key);
