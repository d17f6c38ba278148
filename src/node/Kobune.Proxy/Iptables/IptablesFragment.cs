namespace Kobune.Proxy.Iptables;

/// <summary>What one Service contributes: chains of its own in the nat table, and rules of the shared chains.</summary>
internal sealed class IptablesFragment
{
    /// <summary>Chain of the nat table → its rules, without <c>-A CHAIN</c>.</summary>
    public Dictionary<string, List<string>> Chains { get; } = [];

    /// <summary>(Table, shared chain) → rules for it.</summary>
    public Dictionary<IptablesChain, List<string>> Shared { get; } = [];

    public void Add(string table, string chain, string rule)
    {
        var key = new IptablesChain(table, chain);
        if (!Shared.TryGetValue(key, out var rules))
        {
            Shared[key] = rules = [];
        }
        rules.Add(rule);
    }
}

internal readonly record struct IptablesChain(string Table, string Name);
