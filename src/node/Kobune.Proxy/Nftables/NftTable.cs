using System.Text;

namespace Kobune.Proxy.Nftables;

/// <summary>
/// A table of nftables as it stands in the kernel, by owner. Changes come out as one transaction for <c>nft -f -</c> that
/// touches nothing but what differs; the cost depends on the change, not on the size of the table.
/// </summary>
/// <param name="family">ip.</param>
/// <param name="name">The table's name; it is ours alone.</param>
/// <param name="skeleton">The base chains and shared sets: commands that add them, in which TABLE stands for family and name.</param>
internal sealed class NftTable(string family, string name, string skeleton)
{
    // A set of its own takes long to read back: large maps are filled in lines of this many elements.
    private const int ElementsPerLine = 500;

    private readonly Dictionary<string, NftFragment> _owners = [];

    // Two Services may claim the same external address and port: the first name has it, the other gets it when the first goes.
    private readonly Dictionary<NftElement, SortedDictionary<string, string>> _claims = [];

    private string Table => $"{family} {name}";

    /// <summary>Replaces what the owners contribute (null: nothing any more). The transaction, or empty when nothing differs.</summary>
    public string Replace(IEnumerable<KeyValuePair<string, NftFragment?>> changes)
    {
        var transaction = new NftTransaction(Table);
        var before = new Dictionary<NftElement, string?>();
        foreach (var (owner, fragment) in changes)
        {
            _owners.Remove(owner, out var old);
            if (fragment is not null)
            {
                _owners[owner] = fragment;
            }
            transaction.Chains(old, fragment);
            Claim(owner, old, fragment, before);
        }
        foreach (var (element, value) in before)
        {
            transaction.Element(element, value, Value(element));
        }
        return transaction.ToString();
    }

    /// <summary>The transaction that makes the whole table anew, whatever was there.</summary>
    public string Full()
    {
        var text = new StringBuilder();
        text.Append($"add table {Table}\ndelete table {Table}\n").Append(skeleton.Replace("TABLE", Table, StringComparison.Ordinal));
        foreach (var (set, declaration) in _owners.Values.SelectMany(o => o.Sets))
        {
            text.Append($"add set {Table} {set} {{ {declaration} }}\n");
        }
        foreach (var chain in _owners.Values.SelectMany(o => o.Chains.Keys))
        {
            text.Append($"add chain {Table} {chain}\n");
        }
        foreach (var (chain, rules) in _owners.Values.SelectMany(o => o.Chains))
        {
            rules.ForEach(rule => text.Append($"add rule {Table} {chain} {rule}\n"));
        }
        foreach (var set in _claims.Keys.GroupBy(e => e.Set))
        {
            foreach (var chunk in set.Chunk(ElementsPerLine))
            {
                text.Append($"add element {Table} {set.Key} {{ {string.Join(", ", chunk.Select(e => NftTransaction.Pair(e.Key, Value(e)!)))} }}\n");
            }
        }
        return text.ToString();
    }

    /// <summary>The transaction that removes the table.</summary>
    public string Removal() => $"add table {Table}\ndelete table {Table}\n";

    private void Claim(string owner, NftFragment? old, NftFragment? fragment, Dictionary<NftElement, string?> before)
    {
        foreach (var element in old?.Elements.Keys ?? Enumerable.Empty<NftElement>())
        {
            before.TryAdd(element, Value(element));
            if (_claims[element].Remove(owner) && _claims[element].Count == 0)
            {
                _claims.Remove(element);
            }
        }
        foreach (var (element, value) in fragment?.Elements ?? [])
        {
            before.TryAdd(element, Value(element));
            if (!_claims.TryGetValue(element, out var claims))
            {
                _claims[element] = claims = new SortedDictionary<string, string>(StringComparer.Ordinal);
            }
            claims[owner] = value;
        }
    }

    private string? Value(NftElement element) => _claims.TryGetValue(element, out var claims) ? claims.First().Value : null;
}
