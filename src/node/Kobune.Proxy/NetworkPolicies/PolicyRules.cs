using Kobune.Proxy.Nftables;
using Kobune.Proxy.Tools;

namespace Kobune.Proxy.NetworkPolicies;

/// <summary>The rules of policies as they stand in the kernel; changes go out as what differs, in one transaction.</summary>
internal sealed class PolicyRules(NetworkTool tool)
{
    private const string Owner = "policies";

    private NftTable? _table;

    /// <summary>Makes the kernel's rules those of the input.</summary>
    /// <exception cref="NetworkToolException">The kernel refused them; the next time all of them are written.</exception>
    public async Task ApplyAsync(PolicyInput input, CancellationToken cancellationToken)
    {
        var anew = _table is null;
        _table ??= PolicyTable.New();
        var change = _table.Replace([new(Owner, PolicyCompiler.Compile(input))]);
        if (!anew && change.Length == 0)
        {
            return;
        }
        try
        {
            await tool.RunAsync("nft", ["-f", "-"], anew ? _table.Full() : change, cancellationToken);
        }
        catch (NetworkToolException)
        {
            _table = null;
            throw;
        }
    }

    /// <summary>Removes the table, whoever made it.</summary>
    public Task RemoveAsync(CancellationToken cancellationToken) => tool.TryRunAsync("nft", ["-f", "-"], PolicyTable.New().Removal(), cancellationToken);
}
