using Kobune.Bench.Api;
using Kobune.Bench.Cluster;
using Kobune.Bench.Scheduling;
using Kobune.Bench.Services;
using Kobune.Bench.Store;

// One verb per thing that is measured. Build with -c Release.
var verbs = new Dictionary<string, Func<string[], Task>>
{
    ["store"] = StoreBench.RunAsync,
    ["cluster"] = ClusterBench.RunAsync,
    ["scheduler"] = SchedulerBench.RunAsync,
    ["api"] = ApiBench.RunAsync,
    ["services"] = ServicesBench.RunAsync,
};

if (args.Length == 0 || !verbs.TryGetValue(args[0], out var run))
{
    Console.Error.WriteLine($"usage: Kobune.Bench {string.Join('|', verbs.Keys)} …");
    return 2;
}

await run(args[1..]);
return 0;
