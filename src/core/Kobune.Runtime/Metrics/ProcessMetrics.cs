using System.Diagnostics;
using System.Globalization;

namespace Kobune.Runtime.Metrics;

/// <summary>The process's own figures, and its run time's.</summary>
public static class ProcessMetrics
{
    /// <summary>Adds them to a registry; they are read when somebody asks.</summary>
    public static void Register(MetricRegistry registry)
    {
        using (var process = Process.GetCurrentProcess())
        {
            var start = new DateTimeOffset(process.StartTime.ToUniversalTime()).ToUnixTimeMilliseconds() / 1000.0;
            Add(registry, "process_start_time_seconds", "Start time of the process since unix epoch in seconds.", "gauge", () => start);
        }

        Add(registry, "process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", "counter", () => Environment.CpuUsage.TotalTime.TotalSeconds);
        Add(registry, "process_resident_memory_bytes", "Resident memory size in bytes.", "gauge", () => Environment.WorkingSet);
        Add(registry, "process_virtual_memory_bytes", "Virtual memory size in bytes.", "gauge", () => Kilobytes("/proc/self/status", "VmSize:") * 1024);
        Add(registry, "process_open_fds", "Number of open file descriptors.", "gauge", () => Directory.Exists("/proc/self/fd") ? Directory.EnumerateFileSystemEntries("/proc/self/fd").Count() : 0);
        Add(registry, "process_max_fds", "Maximum number of open file descriptors.", "gauge", MaxFiles);
        Add(registry, "dotnet_gc_heap_size_bytes", "Size of the managed heap.", "gauge", () => GC.GetTotalMemory(false));
        Add(registry, "dotnet_gc_allocated_bytes_total", "Bytes allocated on the managed heap since start.", "counter", () => GC.GetTotalAllocatedBytes());
        Add(registry, "dotnet_gc_pause_seconds_total", "Time that collections have paused all threads.", "counter", () => GC.GetTotalPauseDuration().TotalSeconds);
        registry.Observe("dotnet_gc_collections_total", "Collections by generation.", "counter", ["generation"],
            () => Enumerable.Range(0, GC.MaxGeneration + 1).Select(g => (new[] { g.ToString(CultureInfo.InvariantCulture) }, (double)GC.CollectionCount(g))));
        Add(registry, "dotnet_threadpool_threads", "Threads of the pool.", "gauge", () => ThreadPool.ThreadCount);
        Add(registry, "dotnet_threadpool_queue_length", "Work that waits for a thread of the pool.", "gauge", () => ThreadPool.PendingWorkItemCount);
        Add(registry, "dotnet_lock_contentions_total", "Waits for locks.", "counter", () => Monitor.LockContentionCount);
    }

    private static void Add(MetricRegistry registry, string name, string help, string type, Func<double> value) =>
        registry.Observe(name, help, type, [], () => [([], value())]);

    private static double Kilobytes(string file, string name)
    {
        if (!File.Exists(file))
        {
            return 0;
        }

        var line = File.ReadLines(file).FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
        return line?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is [_, var number, ..] ? double.Parse(number, CultureInfo.InvariantCulture) : 0;
    }

    private static double MaxFiles()
    {
        if (!File.Exists("/proc/self/limits"))
        {
            return 0;
        }

        var line = File.ReadLines("/proc/self/limits").FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal));
        return line?["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var soft, ..] && double.TryParse(soft, CultureInfo.InvariantCulture, out var limit) ? limit : 0;
    }
}
