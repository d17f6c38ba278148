using System.Text;

namespace Kobune.Proxy.Nftables;

/// <summary>
/// The commands of one transaction in the order that the kernel accepts: what is new is declared first, rules and elements
/// are taken away before they are given, and chains and sets that nobody names any more go last.
/// </summary>
internal sealed class NftTransaction(string table)
{
    private readonly StringBuilder _declare = new();
    private readonly StringBuilder _take = new();
    private readonly StringBuilder _give = new();
    private readonly StringBuilder _remove = new();
    private readonly StringBuilder _removeSets = new();

    public static string Pair(string key, string value) => value.Length == 0 ? key : $"{key} : {value}";

    /// <summary>Chains and sets that an owner had and has now.</summary>
    public void Chains(NftFragment? old, NftFragment? now)
    {
        foreach (var (set, declaration) in now?.Sets ?? [])
        {
            if (old?.Sets.ContainsKey(set) != true)
            {
                _declare.Append($"add set {table} {set} {{ {declaration} }}\n");
            }
        }
        foreach (var (chain, rules) in now?.Chains ?? [])
        {
            if (old?.Chains.TryGetValue(chain, out var before) == true)
            {
                if (before.SequenceEqual(rules))
                {
                    continue;
                }
                _take.Append($"flush chain {table} {chain}\n");
            }
            else
            {
                _declare.Append($"add chain {table} {chain}\n");
            }
            rules.ForEach(rule => _give.Append($"add rule {table} {chain} {rule}\n"));
        }
        foreach (var chain in old?.Chains.Keys.Where(c => now?.Chains.ContainsKey(c) != true) ?? [])
        {
            _take.Append($"flush chain {table} {chain}\n");
            _remove.Append($"delete chain {table} {chain}\n");
        }
        foreach (var set in old?.Sets.Keys.Where(s => now?.Sets.ContainsKey(s) != true) ?? [])
        {
            _removeSets.Append($"delete set {table} {set}\n");
        }
    }

    /// <summary>An element's value before and now; null: it is not there.</summary>
    public void Element(NftElement element, string? old, string? now)
    {
        if (old == now)
        {
            return;
        }
        if (old is not null)
        {
            _take.Append($"delete element {table} {element.Set} {{ {element.Key} }}\n");
        }
        if (now is not null)
        {
            _give.Append($"add element {table} {element.Set} {{ {Pair(element.Key, now)} }}\n");
        }
    }

    public override string ToString() => string.Concat(_declare, _take, _give, _remove, _removeSets);
}
