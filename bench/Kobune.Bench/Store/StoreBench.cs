using System.Diagnostics;
using Kobune.Store;
using Kobune.Store.Sqlite;

namespace Kobune.Bench.Store;

/// <summary>
/// `store [folder]`: durable writes of 1 kB at 1 and 64 writers, with the disk's own fsync rate beside it,
/// reads meanwhile, and what the store then costs in memory.
/// </summary>
internal static class StoreBench
{
    private static readonly byte[] Value = [.. Enumerable.Range(0, 1024).Select(i => (byte)('a' + (i % 26)))];

    public static async Task RunAsync(string[] args)
    {
        var folder = Directory.CreateDirectory(Path.Combine(args.FirstOrDefault() ?? Path.GetTempPath(), $"kobune-bench-{Environment.ProcessId}"));
        try
        {
            Fsync(folder.FullName, overwrite: false);
            Fsync(folder.FullName, overwrite: true);
            await using var store = SqliteStore.Open(new SqliteStoreOptions(Path.Combine(folder.FullName, "store.db")), TimeProvider.System);
            await WritesAsync(store, "warm-up, 64 writers", 64, 5_000);
            await WritesAsync(store, "create, 1 writer", 1, 5_000);
            await WritesAsync(store, "create, 64 writers", 64, 40_000);
            await WritesAsync(store, "update, 64 writers", 64, 40_000, keys: 1000);
            await WatchedAsync(store, 60);
            await ReadsAsync(store);
            foreach (var file in folder.EnumerateFiles().OrderBy(file => file.Name))
            {
                Console.WriteLine($"{file.Name,-34} {file.Length / 1e6,9:n1} MB");
            }

            using var process = Process.GetCurrentProcess();
            Console.WriteLine($"{"resident memory of this process",-34} {process.WorkingSet64 / 1e6,9:n1} MB");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>What the disk does when one thread writes a page and syncs, growing the file or overwriting it.</summary>
    private static void Fsync(string folder, bool overwrite)
    {
        const int Count = 1000;
        var page = new byte[4096];
        using var file = File.OpenHandle(Path.Combine(folder, "fsync"), FileMode.OpenOrCreate, FileAccess.ReadWrite);
        var figures = new Figures(Count);
        for (var i = 0; i < Count; i++)
        {
            var start = Stopwatch.GetTimestamp();
            RandomAccess.Write(file, page, i * 4096L);
            RandomAccess.FlushToDisk(file);
            figures.Add(start);
        }

        figures.Print($"fsync floor, {(overwrite ? "overwriting" : "appending")}");
    }

    private static async Task WritesAsync(IStore store, string name, int writers, int count, int keys = int.MaxValue)
    {
        var figures = new Figures(count);
        var next = -1;
        var prefix = $"/registry/configmaps/{name.Replace(' ', '-')}/";
        await Task.WhenAll(Enumerable.Range(0, writers).Select(async _ =>
        {
            await Task.Yield();
            for (var i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
            {
                var start = Stopwatch.GetTimestamp();
                var result = await store.WriteAsync(new WriteRequest($"{prefix}{i % keys:d7}", Value, keys < count ? null : 0));
                figures.Add(start);
                if (!result.Succeeded)
                {
                    throw new InvalidOperationException("a write was refused");
                }
            }
        }));
        figures.Print(name);
    }

    /// <summary>The same with as many watches as the API server's watch caches have, one of which is concerned.</summary>
    private static async Task WatchedAsync(IStore store, int watches)
    {
        using var end = new CancellationTokenSource();
        var delivered = 0;
        var watching = Enumerable.Range(0, watches).Select(i => WatchAsync(i == 0 ? "/registry/configmaps/" : $"/registry/other{i}/")).ToArray();
        await WritesAsync(store, $"create, 1 writer, {watches} watches", 1, 5_000);
        await WritesAsync(store, $"create, 64 writers, {watches} watches", 64, 40_000);
        await end.CancelAsync();
        await Task.WhenAll(watching);
        Console.WriteLine($"{"events delivered",-34} {delivered,9:n0}");

        async Task WatchAsync(string prefix)
        {
            try
            {
                await foreach (var batch in store.WatchAsync(prefix, 0, end.Token))
                {
                    Interlocked.Add(ref delivered, batch.Events.Count);
                }
            }
            catch (OperationCanceledException)
            {
            }
        }
    }

    private static async Task ReadsAsync(IStore store)
    {
        const int Count = 50_000;
        var figures = new Figures(Count);
        for (var i = 0; i < Count; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await store.RangeAsync(new RangeRequest($"/registry/configmaps/create,-64-writers/{i % 40_000:d7}"));
            figures.Add(start);
        }

        figures.Print("get, 1 reader");
        var lists = new Figures(10);
        for (var i = 0; i < 10; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await store.RangeAsync(KeyRange.Prefix("/registry/configmaps/create,-64-writers/", limit: 14_000));
            lists.Add(start);
        }

        lists.Print("list 14,000 of 1 kB");
    }
}
