using System.CommandLine;
using System.Globalization;

namespace Kobune.Bench.Api;

/// <summary>
/// `api`: drives any Kubernetes API server over TLS and prints a table; a second one beside it gives ratios. With
/// --program it starts `kobune server` itself and measures its start and rest as well.
/// </summary>
internal static class ApiBench
{
    private const string Namespace = "kobune-bench";
    private const int Listed = 14_000;
    private const string Definition = """
        {"metadata":{"name":"thingsNUMBER.bench.kobune.dev"},"spec":{"group":"bench.kobune.dev","scope":"Namespaced","names":{"plural":"thingsNUMBER","singular":"thingNUMBER","kind":"ThingNUMBER"},
        "versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"},"c":{"type":"array","items":{"type":"string"}}}}}}}}]}}
        """;

    private static readonly string Payload = new([.. Enumerable.Range(0, 900).Select(i => (char)('a' + (i % 26)))]);

    public static async Task RunAsync(string[] args)
    {
        var server = new Option<string?>("--server") { Description = "https://host:port" };
        var token = new Option<string?>("--token");
        var kubeconfig = new Option<string?>("--kubeconfig");
        var pid = new Option<int?>("--pid") { Description = "The server's process, for processor time and memory." };
        var program = new Option<string?>("--program") { Description = "Start this kobune as «server» and measure it." };
        var against = new Option<string?>("--against") { Description = "The address of a second server." };
        var againstToken = new Option<string?>("--against-token");
        var againstKubeconfig = new Option<string?>("--against-kubeconfig");
        var againstPid = new Option<int?>("--against-pid");
        var only = new Option<string?>("--only") { Description = "Rows whose name contains this." };
        var watchers = new Option<int>("--watchers") { DefaultValueFactory = _ => 1000 };
        var objects = new Option<int>("--objects") { DefaultValueFactory = _ => 10_000 };
        var definitions = new Option<int>("--crds") { DefaultValueFactory = _ => 500 };
        var command = new RootCommand("Measures API servers.") { server, token, kubeconfig, pid, program, against, againstToken, againstKubeconfig, againstPid, only, watchers, objects, definitions };
        var given = command.Parse(args);
        if (given.Errors.Count > 0)
        {
            throw new ArgumentException(string.Join('\n', given.Errors.Select(e => e.Message)));
        }

        var rows = Rows(given.GetValue(watchers), given.GetValue(objects), given.GetValue(definitions)).Where(r => given.GetValue(only) is not { } part || r.Name.Contains(part, StringComparison.OrdinalIgnoreCase)).ToList();
        var targets = new List<ApiTarget>();
        OwnServer? own = null;
        if (given.GetValue(program) is { } path)
        {
            own = await OwnServer.StartAsync(path);
            Console.WriteLine(FormattableString.Invariant($"{"process start → ready",-46} {own.Ready.TotalSeconds,10:0.000} s"));
            targets.Add(own.Target);
        }
        else
        {
            targets.Add(ApiTarget.Of(given.GetValue(server), given.GetValue(token), given.GetValue(kubeconfig), given.GetValue(pid)));
        }

        if (given.GetValue(against) is not null || given.GetValue(againstKubeconfig) is not null)
        {
            targets.Add(ApiTarget.Of(given.GetValue(against), given.GetValue(againstToken), given.GetValue(againstKubeconfig), given.GetValue(againstPid)));
        }

        try
        {
            foreach (var row in rows)
            {
                var measured = new List<Measured>();
                foreach (var target in targets)
                {
                    measured.Add(await row.MeasureAsync(target));
                }

                Print(row, measured);
            }
        }
        finally
        {
            if (own is not null)
            {
                await own.DisposeAsync();
            }
        }
    }

    private static List<Row> Rows(int watchers, int objects, int definitions) =>
    [
        new("resident memory, as found", "MB", false, t => Task.FromResult(new Measured((t.Process?.Resident ?? 0) / 1e6, ""))),
        new("idle over 10 s", "% core", false, IdleAsync),
        new("create 1 kB ConfigMaps, 64 connections", "/s", true, t => CreatesAsync(t, "c64", 64, 40_000)),
        new("create 1 kB ConfigMaps, 1 connection", "/s", true, t => CreatesAsync(t, "c1", 1, 5_000)),
        new("update ConfigMaps, 64 connections", "/s", true, UpdatesAsync),
        new("GET one ConfigMap, 16 connections", "/s", true, GetsAsync),
        new($"LIST {Listed:n0} ConfigMaps", "/s", true, t => ListsAsync(t, "", 2, 40)),
        new($"LIST {Listed:n0} ConfigMaps, pages of 500", "/s", true, PagesAsync),
        new($"watch events, {watchers:n0} watchers × {objects:n0}", "/s", true, async t =>
        {
            await PrepareAsync(t, "fan");
            return await FanOut.RunAsync(t, Namespace + "-fan", watchers, objects);
        }),
        new($"memory of {definitions:n0} CRDs", "MB", false, t => DefinitionsAsync(t, definitions)),
        new("resident memory, in the end", "MB", false, t => Task.FromResult(new Measured((t.Process?.Resident ?? 0) / 1e6, ""))),
    ];

    private static async Task<Measured> IdleAsync(ApiTarget target)
    {
        if (target.Process is not { } before)
        {
            return new Measured(0, "no process given");
        }

        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(10));
        await timer.WaitForNextTickAsync();
        return new Measured((target.Process!.Processor - before.Processor) / TimeSpan.FromSeconds(10) * 100, "");
    }

    private static async Task<Measured> CreatesAsync(ApiTarget target, string name, int connections, int count)
    {
        await PrepareAsync(target, name);
        return await Load.RunAsync(target, connections, count, i => Create(target, name, i));
    }

    private static async Task<Measured> UpdatesAsync(ApiTarget target)
    {
        await PrepareAsync(target, "up");
        await Load.RunAsync(target, 16, 1000, i => Create(target, "up", i));
        return await Load.RunAsync(target, 64, 20_000, i => RawConnection.Request(target, "PUT", Path("up") + "/" + Name(i % 1000), Body(i % 1000, i)));
    }

    private static async Task<Measured> GetsAsync(ApiTarget target)
    {
        await PrepareAsync(target, "get");
        await Load.RunAsync(target, 16, 100, i => Create(target, "get", i));
        var request = RawConnection.Request(target, "GET", Path("get") + "/" + Name(7));
        await Load.RunAsync(target, 16, 10_000, _ => request);
        return await Load.RunAsync(target, 16, 100_000, _ => request);
    }

    private static async Task<Measured> ListsAsync(ApiTarget target, string query, int connections, int count)
    {
        await FillAsync(target);
        var request = RawConnection.Request(target, "GET", Path("list") + query);
        return await Load.RunAsync(target, connections, count, _ => request);
    }

    private static async Task<Measured> PagesAsync(ApiTarget target)
    {
        await FillAsync(target);
        using var http = target.HttpClient();
        var before = target.Process;
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        const int rounds = 10;
        for (var i = 0; i < rounds; i++)
        {
            var token = "";
            do
            {
                var page = await http.GetByteArrayAsync($"{Path("list")}?limit=500&continue={Uri.EscapeDataString(token)}");
                token = Continue(page);
            }
            while (token.Length > 0);
        }

        var elapsed = System.Diagnostics.Stopwatch.GetElapsedTime(start);
        var note = before is null ? "" : FormattableString.Invariant($"server {(target.Process!.Processor - before.Processor).TotalMilliseconds / rounds:0} ms processor each");
        return new Measured(rounds / elapsed.TotalSeconds, note);
    }

    private static async Task<Measured> DefinitionsAsync(ApiTarget target, int count)
    {
        var before = target.Process;
        var made = await Load.RunAsync(target, 4, count, i => RawConnection.Request(
            target, "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", Definition.Replace("NUMBER", i.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)));
        return before is null ? new Measured(0, "no process given") : new Measured((target.Process!.Resident - before.Resident) / 1e6, $"{made.Value:0} created a second; {made.Note}");
    }

    private static async Task FillAsync(ApiTarget target)
    {
        using var http = target.HttpClient();
        using var there = await http.GetAsync($"{Path("list")}/{Name(Listed - 1)}");
        if (!there.IsSuccessStatusCode)
        {
            await PrepareAsync(target, "list");
            await Load.RunAsync(target, 64, Listed, i => Create(target, "list", i));
        }
    }

    private static async Task PrepareAsync(ApiTarget target, string name)
    {
        await using var connection = await RawConnection.OpenAsync(target);
        await connection.SendAsync(RawConnection.Request(target, "POST", "/api/v1/namespaces", $$$"""{"metadata":{"name":"{{{Namespace}}}-{{{name}}}"}}"""));
    }

    private static byte[] Create(ApiTarget target, string name, int i) => RawConnection.Request(target, "POST", Path(name), Body(i, 0));

    private static string Path(string name) => $"/api/v1/namespaces/{Namespace}-{name}/configmaps";

    private static string Name(int i) => i.ToString("'m'00000", CultureInfo.InvariantCulture);

    private static string Body(int i, int version) => $$$"""{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"{{{Name(i)}}}"},"data":{"version":"{{{version}}}","payload":"{{{Payload}}}"}}""";

    private static string Continue(ReadOnlySpan<byte> page)
    {
        // The list's metadata stands before its items.
        var head = page[..Math.Min(page.Length, 500)];
        var at = head.IndexOf("\"continue\":\""u8);
        if (at < 0)
        {
            return "";
        }

        var rest = head[(at + 12)..];
        return System.Text.Encoding.ASCII.GetString(rest[..rest.IndexOf((byte)'"')]);
    }

    private static void Print(Row row, List<Measured> measured)
    {
        var ratio = measured.Count == 2 && measured[0].Value > 0 && measured[1].Value > 0
            ? FormattableString.Invariant($"   {measured[1].Value,12:#,0.##}   {(row.More ? measured[0].Value / measured[1].Value : measured[1].Value / measured[0].Value),7:0.0} times better")
            : "";
        Console.WriteLine(FormattableString.Invariant($"{row.Name,-46} {measured[0].Value,12:#,0.##} {row.Unit}{ratio}   {string.Join(" | ", measured.Select(m => m.Note).Where(n => n.Length > 0))}"));
    }
}
