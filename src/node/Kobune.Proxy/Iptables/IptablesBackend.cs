using Kobune.Proxy.Services;
using Kobune.Proxy.Tools;

namespace Kobune.Proxy.Iptables;

/// <summary>Rules in iptables' filter and nat tables, in chains with the familiar KUBE- names.</summary>
internal sealed class IptablesBackend(NetworkTool tool) : IProxyBackend
{
    private static readonly string[] OwnPrefixes = ["KUBE-SVC-", "KUBE-SVL-", "KUBE-SEP-", "KUBE-EXT-", "KUBE-FW-"];

    private IptablesTables _tables = new();

    public async Task ReplaceAllAsync(NodeView node, IReadOnlyCollection<ServicePlan> services, CancellationToken cancellationToken)
    {
        _tables = new IptablesTables();
        _tables.Replace(services.Select(s => KeyValuePair.Create<string, IptablesFragment?>(s.Key, IptablesServiceRules.Of(s, node))));
        var there = Chains(await tool.RunAsync("iptables-save", ["-t", "nat"], null, cancellationToken)).Where(c => OwnPrefixes.Any(p => c.StartsWith(p, StringComparison.Ordinal)));
        await RestoreAsync(_tables.Full([.. there]), cancellationToken);
        foreach (var (table, chain, rule) in IptablesSkeleton.Jumps)
        {
            var known = await tool.TryRunAsync("iptables", ["-w", "-t", table, "-C", chain, .. rule], null, cancellationToken);
            if (known.ExitCode != 0)
            {
                await tool.RunAsync("iptables", ["-w", "-t", table, "-I", chain, .. rule], null, cancellationToken);
            }
        }
    }

    public Task ChangeAsync(NodeView node, IReadOnlyDictionary<string, ServicePlan?> services, CancellationToken cancellationToken)
    {
        var text = _tables.Replace(services.Select(s => KeyValuePair.Create(s.Key, s.Value is null ? null : IptablesServiceRules.Of(s.Value, node))));
        return text.Length == 0 ? Task.CompletedTask : RestoreAsync(text, cancellationToken);
    }

    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        if (!(await tool.RunAsync("iptables-save", ["-t", "nat"], null, cancellationToken)).Contains(":" + IptablesNames.Services, StringComparison.Ordinal))
        {
            return;
        }
        foreach (var (table, chain, rule) in IptablesSkeleton.Jumps)
        {
            await tool.TryRunAsync("iptables", ["-w", "-t", table, "-D", chain, .. rule], null, cancellationToken);
        }
        foreach (var table in (string[])["filter", "nat"])
        {
            var chains = Chains(await tool.RunAsync("iptables-save", ["-t", table], null, cancellationToken)).Where(c => c.StartsWith("KUBE-", StringComparison.Ordinal)).ToList();
            if (chains.Count > 0)
            {
                await RestoreAsync($"*{table}\n{string.Concat(chains.Select(c => $":{c} - [0:0]\n"))}{string.Concat(chains.Select(c => $"-X {c}\n"))}COMMIT\n", cancellationToken);
            }
        }
    }

    private static IEnumerable<string> Chains(string saved) =>
        saved.Split('\n').Where(l => l.StartsWith(':')).Select(l => l[1..].Split(' ')[0]);

    private Task RestoreAsync(string input, CancellationToken cancellationToken) =>
        tool.RunAsync("iptables-restore", ["-w", "5", "--noflush"], input, cancellationToken);
}
