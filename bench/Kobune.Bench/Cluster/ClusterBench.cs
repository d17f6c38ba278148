using System.Diagnostics;
using System.Globalization;

namespace Kobune.Bench.Cluster;

/// <summary>
/// `cluster [KOBUNE]`: what a local cluster costs. Cold and warm start, the API server's own, Pods one at a time and thirty at
/// once with their image present, memory, and processor time when nothing happens. Uses a cluster of its own, e2ebench, with
/// nothing but the built-in image, and removes it in the end.
/// </summary>
internal static class ClusterBench
{
    private const string Name = "e2ebench";
    private const int OneByOne = 20;
    private const int AtOnce = 30;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(20);

    public static async Task RunAsync(string[] args)
    {
        var folder = Directory.CreateTempSubdirectory("kobune-bench-").FullName;
        using var cluster = new BenchCluster(args.FirstOrDefault() ?? "./kobune", Name, Path.Combine(folder, "kubeconfig"));
        try
        {
            await cluster.VerbAsync("down", "--purge");
            await StartUpAsync(cluster);
            await cluster.ConnectAsync();
            await PodsOneByOneAsync(cluster);
            await PodsAtOnceAsync(cluster);
            await RestingAsync(cluster);
        }
        finally
        {
            await cluster.VerbAsync("down", "--purge");
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task StartUpAsync(BenchCluster cluster)
    {
        Row("up, cold (no files, no images)", Seconds(await cluster.VerbAsync("up", "--isolated")));
        for (var i = 0; i < 3; i++)
        {
            await cluster.VerbAsync("stop");
            var (up, api) = await cluster.UpMeasuringApiAsync();
            Row($"up, warm, {i + 1}", Seconds(up));
            Row("  API answering after process start", Seconds(api));
        }
    }

    private static async Task PodsOneByOneAsync(BenchCluster cluster)
    {
        var durations = new List<TimeSpan>();
        for (var i = 0; i < OneByOne; i++)
        {
            durations.Add(await cluster.CreatePodsAsync($"one{i}", 1));
            await cluster.DeletePodsAsync();
        }
        durations.Sort();
        Row($"Pod created → Ready, median of {OneByOne}", Seconds(durations[OneByOne / 2]));
        Row("  p90", Seconds(durations[OneByOne * 9 / 10]));
    }

    private static async Task PodsAtOnceAsync(BenchCluster cluster)
    {
        Row($"{AtOnce} Pods at once, all Ready", Seconds(await cluster.CreatePodsAsync("many", AtOnce)));
        await cluster.DeletePodsAsync();
    }

    private static async Task RestingAsync(BenchCluster cluster)
    {
        var kobune = ProcessFigures.Of(cluster.Pid);
        var containerd = ProcessFigures.Of(cluster.ContainerdPid);
        Row("resident memory, Kobune", Megabytes(kobune.Resident));
        Row("resident memory, containerd", Megabytes(containerd.Resident));
        using var timer = new PeriodicTimer(Idle);
        var start = Stopwatch.GetTimestamp();
        await timer.WaitForNextTickAsync();
        var elapsed = Stopwatch.GetElapsedTime(start);
        Row($"idle over {Idle.TotalSeconds:0} s, Kobune", Share(ProcessFigures.Of(cluster.Pid).Processor - kobune.Processor, elapsed));
        Row($"idle over {Idle.TotalSeconds:0} s, containerd", Share(ProcessFigures.Of(cluster.ContainerdPid).Processor - containerd.Processor, elapsed));
    }

    private static void Row(string name, string value) => Console.WriteLine($"{name,-44} {value,12}");

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture) + " s";

    private static string Megabytes(long bytes) => (bytes / 1e6).ToString("0", CultureInfo.InvariantCulture) + " MB";

    private static string Share(TimeSpan busy, TimeSpan elapsed) => (100 * busy / elapsed).ToString("0.0", CultureInfo.InvariantCulture) + " % core";
}
