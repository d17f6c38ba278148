using System.CommandLine;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Client.Config;
using Kobune.Client.Http;
using Kobune.Cluster;
using Kobune.Network;

namespace Kobune.Verbs;

/// <summary><c>kobune status</c>: which clusters there are, and whether their parts run.</summary>
internal static class StatusVerb
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static Command Create(VerbContext context)
    {
        var name = VerbContext.NameOption();
        var command = new Command("status", "Show the clusters of this machine and whether they run.") { name };
        command.SetAction(async (result, cancellationToken) =>
        {
            var wanted = result.GetResult(name) is { Implicit: false } ? result.GetValue(name) : null;
            var clusters = ClusterPaths.ExistingClusters().Where(c => wanted is null || c == wanted).ToList();
            if (clusters.Count == 0)
            {
                await context.Out.WriteLineAsync(wanted is null ? "There is no cluster. Make one with: kobune up" : $"There is no cluster \"{wanted}\".");
                return 1;
            }
            var healthy = true;
            foreach (var cluster in clusters)
            {
                healthy &= await ShowAsync(context, new ClusterPaths(cluster), cancellationToken);
            }
            return healthy ? 0 : 1;
        });
        return command;
    }

    private static async Task<bool> ShowAsync(VerbContext context, ClusterPaths paths, CancellationToken cancellationToken)
    {
        var config = ClusterConfig.Load(paths)!;
        var pid = new DaemonProcess(paths, config, config.Nodes[0]).RunningPid();
        await context.Out.WriteLineAsync($"""
            {paths.Name}
              process:    {(pid is null ? "stopped (start it with: kobune up" + (paths.Name == "kobune" ? ")" : $" --name {paths.Name})") : $"running, {pid}")}
              api:        {config.ApiUrl}
              context:    {config.ContextName}
              network:    node {config.NodeCidr}, pods {config.PodCidr}, services {config.ServiceCidr}, {config.Overlay.Name()}{(config.Isolated ? ", isolated" : "")}
              files:      {paths.Root}
            """);
        if (pid is null)
        {
            return false;
        }
        using var timeout = new CancellationTokenSource(Patience, context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var transport = new KubeTransport(ClientConfigResolver.Resolve(KubeConfig.Load(paths.AdminKubeconfig)), context.Time);
            var client = new HttpKubeClient(transport);
            var nodes = await client.ListAsync<Node>(null, null, either.Token);
            var ready = true;
            var width = config.Nodes.Max(n => n.Name.Length);
            foreach (var node in config.Nodes)
            {
                var agent = node.Number == 1 ? "" : new DaemonProcess(paths, config, node).RunningPid() is { } running ? $" (process {running})" : " (its agent does not run)";
                var condition = nodes.Items.FirstOrDefault(n => n.Name == node.Name)?.Status.Conditions.FirstOrDefault(c => c.Type == "Ready");
                ready &= condition?.Status == "True";
                var state = condition switch
                {
                    { Status: "True" } => "Ready",
                    null => "not registered",
                    _ => $"NotReady: {condition.Message}",
                };
                await context.Out.WriteLineAsync($"  node:       {(config.OtherNodes.Count == 0 ? node.Name : node.Name.PadRight(width))} {state}{agent}");
            }
            return ready && nodes.Items.Count > 0;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or Kobune.Api.KubeStatusException or KubeConfigException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await context.Out.WriteLineAsync($"  api server: does not answer: {e.Message}");
            return false;
        }
    }
}
