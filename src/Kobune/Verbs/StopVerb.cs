using System.CommandLine;
using Kobune.Cluster;
using Kobune.Hosting;

namespace Kobune.Verbs;

/// <summary><c>kobune stop</c>: ends the cluster's processes and containers and keeps its state; <c>up</c> starts it again.</summary>
internal static class StopVerb
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static Command Create(VerbContext context)
    {
        var name = VerbContext.NameOption();
        var command = new Command("stop", "Stop the cluster; its state, images and volumes stay, and «up» starts it again.") { name };
        command.SetAction(async (result, cancellationToken) =>
        {
            VerbContext.RequireRoot("stop");
            var paths = new ClusterPaths(result.GetValue(name)!);
            var config = ClusterConfig.Load(paths) ?? throw new UserErrorException($"there is no cluster \"{paths.Name}\"");
            await StopAsync(context, new Steps(context.Out, context.Terminal, context.Time), paths, config, cancellationToken);
            return 0;
        });
        return command;
    }

    /// <summary>Ends Kobune, then the containers, then containerd, then the nodes' network.</summary>
    internal static async Task StopAsync(VerbContext context, Steps steps, ClusterPaths paths, ClusterConfig config, CancellationToken cancellationToken)
    {
        await steps.RunAsync("Stopping Kobune", async () =>
        {
            await Task.WhenAll(config.Nodes.Select(n => new DaemonProcess(paths, config, n).StopAsync(Patience, context.Time, cancellationToken)));
            // nginx outlives a Kobune that was killed.
            await Ingress.IngressController.StopLeftoverAsync(paths.Ingress, context.Time);
            return "Kobune stopped";
        });
        await steps.RunAsync("Stopping the containers", async () =>
        {
            await Task.WhenAll(config.Nodes.Select(n => ContainerRuntime.StopAllAsync(paths, config, n, context.Time, cancellationToken)));
            return "Containers and containerd stopped";
        });
        await steps.RunAsync("Removing the nodes' network", async () =>
        {
            foreach (var node in config.Nodes)
            {
                await new NodeNetwork(config, node).RemoveAsync(cancellationToken);
            }
            await new HostNetwork(config).RemoveAsync(cancellationToken);
            return "Node network removed";
        });
    }
}
