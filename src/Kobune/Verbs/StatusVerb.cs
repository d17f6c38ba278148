using System.CommandLine;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Client.Config;
using Kobune.Client.Http;
using Kobune.Cluster;

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
        var pid = new DaemonProcess(paths).RunningPid();
        await context.Out.WriteLineAsync($"""
            {paths.Name}
              process:    {(pid is null ? "stopped (start it with: kobune up" + (paths.Name == "kobune" ? ")" : $" --name {paths.Name})") : $"running, {pid}")}
              api:        {config.ApiUrl}
              context:    {config.ContextName}
              network:    node {config.NodeCidr}, pods {config.PodCidr}, services {config.ServiceCidr}{(config.Isolated ? ", isolated" : "")}
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
            foreach (var node in nodes.Items)
            {
                var condition = node.Status.Conditions.FirstOrDefault(c => c.Type == "Ready");
                ready &= condition?.Status == "True";
                await context.Out.WriteLineAsync($"  node:       {node.Name} {(condition?.Status == "True" ? "Ready" : $"NotReady: {condition?.Message}")}");
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
