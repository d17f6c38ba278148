using System.Diagnostics;
using System.Globalization;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Client.Config;
using Kobune.Client.Http;
using Kobune.Cluster;
using Kobune.Hosting;

namespace Kobune.Verbs;

/// <summary>Starts the processes of a cluster's nodes and shows how far they are.</summary>
internal static class NodeStart
{
    /// <summary>The first node, and the control plane with it; every step is shown.</summary>
    /// <exception cref="UserErrorException">It did not come up.</exception>
    public static async Task FirstAsync(Steps steps, DaemonProcess daemon, CancellationToken cancellationToken)
    {
        using var process = daemon.Start();
        await FollowAsync(process, daemon, steps.Begin, steps.End, cancellationToken);
    }

    /// <summary>Further nodes, side by side; each is shown when it is Ready.</summary>
    /// <exception cref="UserErrorException">One did not come up.</exception>
    public static async Task OthersAsync(VerbContext context, Steps steps, IReadOnlyList<DaemonProcess> daemons, CancellationToken cancellationToken)
    {
        if (daemons.Count == 0)
        {
            return;
        }
        steps.Begin($"Waiting for {(daemons.Count == 1 ? "node " + daemons[0].Node.Name : $"{daemons.Count} more nodes")}");
        await Task.WhenAll(daemons.Select(async daemon =>
        {
            var start = context.Time.GetTimestamp();
            using var process = daemon.Start();
            await FollowAsync(process, daemon, static _ => { }, static (_, _) => { }, cancellationToken);
            lock (steps)
            {
                steps.End($"Node {daemon.Node.Name} is Ready", context.Time.GetElapsedTime(start));
            }
        }));
    }

    /// <summary>Lets the host reach each node's Pods by that node.</summary>
    public static async Task RouteAsync(VerbContext context, ClusterPaths paths, ClusterConfig config, CancellationToken cancellationToken)
    {
        if (config.OtherNodes.Count == 0)
        {
            return;
        }
        using var transport = new KubeTransport(ClientConfigResolver.Resolve(KubeConfig.Load(paths.AdminKubeconfig)), context.Time);
        var nodes = await new HttpKubeClient(transport).ListAsync<Node>(null, null, cancellationToken);
        var ranges = nodes.Items
            .Where(n => n.Spec.PodCIDR.Length > 0)
            .Select(n => (Node: config.Nodes.FirstOrDefault(c => c.Name == n.Name), n.Spec.PodCIDR))
            .Where(r => r.Node is not null)
            .Select(r => (r.Node!, r.PodCIDR));
        await new HostNetwork(config).RouteAsync(ranges, cancellationToken);
    }

    private static async Task FollowAsync(Process process, DaemonProcess daemon, Action<string> begin, Action<string, TimeSpan> end, CancellationToken cancellationToken)
    {
        while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            var words = line.Split(' ', 3);
            switch (words[0])
            {
                case "begin":
                    begin(line["begin ".Length..]);
                    break;
                case "end" when words.Length == 3:
                    end(words[2], TimeSpan.FromMilliseconds(long.Parse(words[1], CultureInfo.InvariantCulture)));
                    break;
                case Progress.Ready:
                    return;
                case "failed":
                    throw new UserErrorException($"{line["failed ".Length..]}\nThe log is {daemon.Log}");
            }
        }
        var tail = File.Exists(daemon.Log) ? string.Join('\n', File.ReadLines(daemon.Log).TakeLast(15)) : "";
        throw new UserErrorException($"The process of node {daemon.Node.Name} ended while it was starting. The end of {daemon.Log}:\n{tail}");
    }
}
