using System.Diagnostics;
using System.Globalization;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Client.Config;
using Kobune.Client.Http;

namespace Kobune.Bench.Cluster;

/// <summary>The cluster that is measured: its verbs as commands, its API as any client sees it.</summary>
internal sealed class BenchCluster(string program, string name, string kubeconfig) : IDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    private KubeTransport? _transport;
    private HttpKubeClient? _client;

    public int Pid => int.Parse(File.ReadAllText(PidFile), CultureInfo.InvariantCulture);

    private string PidFile => $"/run/kobune/{name}/kobune.pid";

    /// <summary>The process whose command line names the cluster's containerd configuration; shims name the socket.</summary>
    public int ContainerdPid => Directory.EnumerateDirectories("/proc")
        .Where(d => char.IsAsciiDigit(Path.GetFileName(d)[0]) && CommandLine(d) is [var executable, ..] line
            && Path.GetFileName(executable) == "containerd" && line.Any(a => a.Contains($"/{name}/", StringComparison.Ordinal)))
        .Select(d => int.Parse(Path.GetFileName(d), CultureInfo.InvariantCulture)).First();

    /// <summary>Runs a verb of Kobune; how long it took.</summary>
    public async Task<TimeSpan> VerbAsync(string verb, params string[] arguments)
    {
        var start = Stopwatch.GetTimestamp();
        using var process = Start(verb, arguments);
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? Stopwatch.GetElapsedTime(start)
            : throw new InvalidOperationException($"{verb} failed: {said}");
    }

    /// <summary>Warm up: its whole duration, and the age of Kobune's process when its API first answered a read over TLS.</summary>
    public async Task<(TimeSpan Up, TimeSpan Api)> UpMeasuringApiAsync()
    {
        using var transport = new KubeTransport(ClientConfigResolver.Resolve(KubeConfig.Load(kubeconfig)), TimeProvider.System);
        var client = new HttpKubeClient(transport);
        var up = VerbAsync("up");
        using var timer = new PeriodicTimer(PollInterval);
        TimeSpan? api = null;
        while (api is null && !up.IsCompleted)
        {
            await timer.WaitForNextTickAsync();
            // Before the process is there, its address is nobody's, and is not asked.
            if (!File.Exists(PidFile))
            {
                continue;
            }
            try
            {
                using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2));
                await client.GetAsync<Namespace>(null, "default", soon.Token);
                api = ProcessFigures.Age(Pid);
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or Kobune.Api.KubeStatusException)
            {
                // Not yet.
            }
        }
        return (await up, api ?? throw new InvalidOperationException("the API never answered while up ran"));
    }

    public async Task ConnectAsync()
    {
        _transport = new KubeTransport(ClientConfigResolver.Resolve(KubeConfig.Load(kubeconfig)), TimeProvider.System);
        _client = new HttpKubeClient(_transport);
        // The first of everything is not measured.
        await CreatePodsAsync("warm", 1);
        await DeletePodsAsync();
    }

    /// <summary>Creates Pods and waits until the watch has shown all of them Ready; the time from the first create.</summary>
    public async Task<TimeSpan> CreatePodsAsync(string prefix, int count)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var options = new WatchOptions { SendInitialEvents = true };
        var ready = new HashSet<string>();
        var watching = WatchUntilAsync(options, change =>
        {
            if (change is { Type: WatchEventType.Added or WatchEventType.Modified, Object: var pod } && pod.Status.Conditions.Any(c => c is { Type: "Ready", Status: "True" }))
            {
                ready.Add(pod.Name);
            }
            return ready.Count == count;
        }, limit.Token);
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, count).Select(i => _client!.CreateAsync(NewPod($"{prefix}-{i}"), cancellationToken: limit.Token)));
        await watching;
        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Deletes all Pods and waits until none is left.</summary>
    public async Task DeletePodsAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var pods = await _client!.ListAsync<Pod>("default", null, limit.Token);
        var left = pods.Items.Select(p => p.Name).ToHashSet();
        var options = new WatchOptions { ResourceVersion = pods.Metadata.ResourceVersion };
        var watching = WatchUntilAsync(options, change =>
        {
            if (change.Type == WatchEventType.Deleted)
            {
                left.Remove(change.Object.Metadata.Name);
            }
            return left.Count == 0;
        }, limit.Token);
        foreach (var pod in pods.Items)
        {
            await _client!.DeleteAsync<Pod>("default", pod.Name, cancellationToken: limit.Token);
        }
        await watching;
    }

    public void Dispose() => _transport?.Dispose();

    private async Task WatchUntilAsync(WatchOptions options, Func<WatchEvent<Pod>, bool> enough, CancellationToken cancellationToken)
    {
        await foreach (var change in _client!.WatchAsync<Pod>("default", options, cancellationToken))
        {
            if (enough(change))
            {
                return;
            }
        }
        throw new InvalidOperationException("the watch ended");
    }

    private static Pod NewPod(string name) => new()
    {
        Metadata = { Name = name, Namespace = "default" },
        Spec =
        {
            TerminationGracePeriodSeconds = 0,
            Containers = [new Container { Name = "main", Image = "kobune/busybox:1", Command = ["sleep", "3600"] }],
        },
    };

    private Process Start(string verb, string[] arguments)
    {
        var start = new ProcessStartInfo(program, [verb, "--name", name, .. arguments]) { RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["KUBECONFIG"] = kubeconfig;
        return Process.Start(start)!;
    }

    private static string[] CommandLine(string proc)
    {
        try
        {
            return File.ReadAllText(Path.Combine(proc, "cmdline")).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (IOException)
        {
            return [];
        }
    }
}
