using System.Diagnostics;
using System.Globalization;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Authentication;
using Kobune.Client;
using Kobune.Scheduler;
using Kobune.Testing.ApiServers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kobune.Bench.Scheduling;

/// <summary>The whole way: Pods created through the API server (over memory), placed and bound, until the last has its node.</summary>
internal static class ApiSchedulerBench
{
    private const int Creators = 16;

    public static async Task RunAsync(int nodes, int pods)
    {
        await using var server = await TestApiServer.StartAsync();
        foreach (var node in SimulatedCluster.Nodes(nodes))
        {
            await server.Client.CreateAsync(node);
        }

        using var stop = new CancellationTokenSource();
        var scheduler = new Kobune.Scheduler.Scheduler(
            name => server.Server.ClientFor(UserInfo.Of(name, UserInfo.Masters)), new SchedulerOptions(), TimeProvider.System, NullLoggerFactory.Instance);
        var running = scheduler.RunAsync(stop.Token);
        var bound = CountBoundAsync(server.Client, pods, stop.Token);
        var start = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(SimulatedCluster.Pods(pods, static pod => pod.Metadata.Uid = ""), new ParallelOptions { MaxDegreeOfParallelism = Creators },
            async (pod, ct) => await server.Client.CreateAsync(pod, cancellationToken: ct));
        await bound;
        var elapsed = Stopwatch.GetElapsedTime(start);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{"through the API",-20} {nodes} nodes  {pods}/{pods} Pods  {pods / elapsed.TotalSeconds,9:n0} Pods/s   {Environment.WorkingSet / 1024.0 / 1024,6:n0} MB process"));
        await stop.CancelAsync();
        await running;
    }

    private static async Task CountBoundAsync(IKubeClient client, int pods, CancellationToken cancellationToken)
    {
        var seen = new HashSet<string>();
        await foreach (var change in client.WatchAsync<Pod>("default", new WatchOptions { ResourceVersion = "0" }, cancellationToken))
        {
            if (change.Object.Spec.NodeName.Length > 0 && seen.Add(change.Object.Name) && seen.Count == pods)
            {
                return;
            }
        }
    }
}
