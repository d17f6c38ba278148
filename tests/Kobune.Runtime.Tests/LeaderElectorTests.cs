using Kobune.Api.Coordination.V1;
using Kobune.Client;
using Kobune.Testing.ApiServers;
using Kobune.Testing.Controllers;
using Kobune.Testing.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kobune.Runtime.Tests;

public sealed class LeaderElectorTests
{
    [Fact]
    public async Task One_leads_and_the_next_takes_over_when_it_leaves()
    {
        await using var server = await TestApiServer.StartAsync();
        var time = new VirtualTime();
        using var stopFirst = new CancellationTokenSource();
        using var stopSecond = new CancellationTokenSource();
        var (first, firstLeads) = Start(server.Client, "one", time, stopFirst.Token);
        await firstLeads.WaitAsync(TimeSpan.FromSeconds(20));
        var (second, secondLeads) = Start(server.Client, "two", time, stopSecond.Token);
        Assert.False(secondLeads.IsCompleted);

        await stopFirst.CancelAsync();
        await first.WaitAsync(TimeSpan.FromSeconds(20));
        await server.Client.WaitAsync<Lease>("kube-system", l => l.Spec.HolderIdentity is null or "");
        while (!secondLeads.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(2));
            await server.Client.GetAsync<Lease>("kube-system", "test"); // lets it look
            await Task.Yield();
        }

        var lease = await server.Client.WaitAsync<Lease>("kube-system", l => l.Spec.HolderIdentity == "two");
        Assert.Equal(15, lease.Spec.LeaseDurationSeconds);
        await stopSecond.CancelAsync();
        await second;
    }

    private static (Task Run, Task Leads) Start(IKubeClient client, string identity, TimeProvider time, CancellationToken cancellationToken)
    {
        var leads = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var elector = new LeaderElector(client, new LeaderElectionOptions { LeaseName = "test", Identity = identity }, time, NullLogger.Instance);
        var run = elector.RunAsync(async stop =>
        {
            leads.TrySetResult();
            var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var registration = stop.Register(() => stopped.TrySetResult());
            await stopped.Task;
        }, cancellationToken);
        return (run, leads.Task);
    }
}
