using Kobune.Proxy.Services;
using Kobune.Proxy.Tools;

namespace Kobune.Proxy.Nftables;

/// <summary>Rules in a table of nftables of our own, changed by one transaction at a time.</summary>
/// <param name="serviceCidr">The range of ClusterIPs, or empty.</param>
internal sealed class NftablesBackend(NetworkTool tool, string serviceCidr) : IProxyBackend
{
    // Sorts before every namespace/name.
    private const string NodeOwner = "";

    private NftTable _table = NewTable(serviceCidr);

    public async Task ReplaceAllAsync(NodeView node, IReadOnlyCollection<ServicePlan> services, CancellationToken cancellationToken)
    {
        _table = NewTable(serviceCidr);
        _table.Replace(services.Select(s => KeyValuePair.Create<string, NftFragment?>(s.Key, NftServiceRules.Of(s, node))).Append(new(NodeOwner, NftServiceRules.OfNode(node))));
        await RunAsync(_table.Full(), cancellationToken);
    }

    public Task ChangeAsync(NodeView node, IReadOnlyDictionary<string, ServicePlan?> services, CancellationToken cancellationToken)
    {
        var text = _table.Replace(services.Select(s => KeyValuePair.Create(s.Key, s.Value is null ? null : NftServiceRules.Of(s.Value, node))));
        return text.Length == 0 ? Task.CompletedTask : RunAsync(text, cancellationToken);
    }

    public Task RemoveAsync(CancellationToken cancellationToken) => RunAsync(_table.Removal(), cancellationToken);

    internal static NftTable NewTable(string serviceCidr) => new("ip", NftNames.Table, NftSkeleton.Of(serviceCidr));

    private Task RunAsync(string transaction, CancellationToken cancellationToken) => tool.RunAsync("nft", ["-f", "-"], transaction, cancellationToken);
}
