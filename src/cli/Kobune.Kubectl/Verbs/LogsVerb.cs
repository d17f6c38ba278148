using System.Text;
using System.Text.Json.Nodes;
using Kobune.Client.Http;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl logs.</summary>
internal static class LogsVerb
{
    public static readonly Command Definition = new("logs", "Print the logs for a container in a pod")
    {
        Usage = "[-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]",
        Long = "Print the logs for a container in a pod or specified resource. If the pod has only one container, the container name is optional.",
        Examples = """
            # The log of a pod with one container
            kubectl logs web

            # Follow it
            kubectl logs -f web

            # What the container wrote before its last restart
            kubectl logs -p web

            # The last 20 lines, with times
            kubectl logs --tail=20 --timestamps web

            # All containers of all pods of an application
            kubectl logs -l app=web --all-containers=true

            # Of a pod of a deployment
            kubectl logs deployment/web
            """,
        Flags =
        [
            Flag.Bool("all-containers", "All containers of the pods."),
            Flag.Bool("all-pods", "All pods of the resource; shows prefixes."),
            Flag.Text("container", "The container.", 'c'),
            Flag.Bool("follow", "Go on with what is written from now on.", 'f'),
            Flag.Bool("ignore-errors", "With -f: go on when a log cannot be read."),
            Flag.Bool("insecure-skip-tls-verify-backend", "Do not check the kubelet's certificate."),
            Flag.Int("limit-bytes", "At most this many bytes.", 0),
            Flag.Int("max-log-requests", "With -l: follow at most this many logs at once.", 5),
            Flag.Duration("pod-running-timeout", "How long to wait for a pod of the resource.", "20s"),
            Flag.Bool("prefix", "Show before each line where it comes from."),
            Flag.Bool("previous", "The log of the container before its last restart.", 'p'),
            ResourceFinder.Selector,
            Flag.Duration("since", "Only what is newer than this: 5s, 2m, 3h."),
            Flag.Text("since-time", "Only what is newer than this time (RFC 3339)."),
            new("tail", FlagKind.Int, "-1", "Only the last lines; -1 all. 10 with a selector."),
            Flag.Bool("timestamps", "Show the time of each line."),
        ],
        Run = RunAsync,
    };

    private static async Task<int> RunAsync(Invocation i)
    {
        Check(i);
        var sources = await SourcesAsync(i).ConfigureAwait(false);
        if (sources.Count == 0)
        {
            i.Error.WriteLine($"No resources found in {i.Namespace} namespace.");
            return 0;
        }

        var limit = i.Flags.Int("max-log-requests");
        if (i.Flags.Bool("follow") && sources.Count > 1)
        {
            if (sources.Count > limit)
            {
                throw new CommandException($"you are attempting to follow {sources.Count} log streams, but maximum allowed concurrency is {limit}, use --max-log-requests to increase the limit");
            }

            using var gate = new SemaphoreSlim(1);
            await Task.WhenAll(sources.Select(s => CopyAsync(i, s, gate))).ConfigureAwait(false);
            return 0;
        }

        foreach (var source in sources)
        {
            await CopyAsync(i, source, null).ConfigureAwait(false);
        }

        return 0;
    }

    private static void Check(Invocation i)
    {
        if (i.Arguments.Count == 0 && i.Flags.TextOrNull("selector") is null)
        {
            throw CommandException.Usage(i, "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command");
        }

        if (i.Arguments.Count > 0 && i.Flags.TextOrNull("selector") is not null)
        {
            throw CommandException.Usage(i, "only a selector (-l) or a POD name is allowed");
        }

        if (i.Flags.Bool("all-containers") && i.Flags.TextOrNull("container") is not null)
        {
            throw new CommandException("--all-containers=true should not be specified with container name");
        }

        if (i.Flags.Changed("since") && i.Flags.Changed("since-time"))
        {
            throw new CommandException("at most one of `sinceTime` or `sinceSeconds` may be specified");
        }

        if (i.Flags.Int("tail") < -1)
        {
            throw new CommandException("--tail must be greater than or equal to -1");
        }
    }

    private sealed record Source(JsonObject Pod, string Container, string FieldPath);

    private static async Task<IReadOnlyList<Source>> SourcesAsync(Invocation i)
    {
        if (i.Flags.TextOrNull("selector") is { } selector)
        {
            var selected = await PodResolver.SelectedAsync(i, selector).ConfigureAwait(false);
            return [.. selected.OrderBy(p => p.Name(), StringComparer.Ordinal).SelectMany(p => Containers(i, p))];
        }

        if (i.Flags.Bool("all-pods"))
        {
            var item = await ResourceArguments.OneAsync(i, [i.Arguments[0]], "pods").ConfigureAwait(false);
            return [.. (await PodResolver.BehindAsync(i, item).ConfigureAwait(false)).SelectMany(p => Containers(i, p))];
        }

        var reference = i.Arguments[0];
        var resource = reference.Contains('/', StringComparison.Ordinal) ? reference : null;
        JsonObject pod;
        try
        {
            pod = await PodResolver.OneAsync(i, reference).ConfigureAwait(false);
        }
        catch (Kobune.Api.KubeStatusException e) when (e.IsNotFound)
        {
            throw new CommandException($"error from server (NotFound): {e.Message} in namespace {GoText.Quote(i.Namespace)}");
        }

        if (resource is not null && !resource.StartsWith("po", StringComparison.Ordinal))
        {
            var item = await ResourceArguments.OneAsync(i, [reference]).ConfigureAwait(false);
            var count = (await PodResolver.BehindAsync(i, item).ConfigureAwait(false)).Count;
            if (count > 1)
            {
                i.Error.WriteLine($"Found {count} pods, using pod/{pod.Name()}");
            }
        }

        if (i.Arguments.Count > 1)
        {
            return [Single(pod, i.Arguments[1])];
        }

        return [.. Containers(i, pod)];
    }

    private static IEnumerable<Source> Containers(Invocation i, JsonObject pod)
    {
        if (i.Flags.Bool("all-containers"))
        {
            return Kinds(pod).Select(c => new Source(pod, c.Name, c.Path));
        }

        if (i.Flags.TextOrNull("container") is { } named)
        {
            return [Single(pod, named)];
        }

        return [Single(pod, PodResolver.DefaultContainer(i, pod))];
    }

    private static Source Single(JsonObject pod, string container)
    {
        var path = Kinds(pod).FirstOrDefault(c => c.Name == container).Path
            ?? throw new CommandException($"container {container} is not valid for pod {pod.Name()}");
        return new Source(pod, container, path);
    }

    private static IEnumerable<(string Name, string Path)> Kinds(JsonObject pod) =>
        from kind in new[] { "initContainers", "containers", "ephemeralContainers" }
        from container in pod.Objects("spec", kind)
        let name = container.Text("name")
        select (name, $"spec.{kind}{{{name}}}");

    private static async Task CopyAsync(Invocation i, Source source, SemaphoreSlim? gate)
    {
        var prefix = i.Flags.Bool("prefix") || i.Flags.Bool("all-pods") ? $"[pod/{source.Pod.Name()}/{source.Container}] " : "";
        try
        {
            using var response = await i.Cluster.Transport.SendAsync(HttpMethod.Get, PathOf(i, source), accept: "*/*", cancellationToken: i.Cancellation).ConfigureAwait(false);
            var stream = await response.Content.ReadAsStreamAsync(i.Cancellation).ConfigureAwait(false);
            await i.Out.FlushAsync(i.Cancellation).ConfigureAwait(false);
            if (prefix.Length == 0 && gate is null)
            {
                await stream.CopyToAsync(i.Console.OutStream, i.Cancellation).ConfigureAwait(false);
                await i.Console.OutStream.FlushAsync(i.Cancellation).ConfigureAwait(false);
            }
            else
            {
                await CopyLinesAsync(i, stream, Encoding.UTF8.GetBytes(prefix), gate).ConfigureAwait(false);
            }
        }
        catch (Kobune.Api.KubeStatusException e) when (i.Flags.Bool("ignore-errors"))
        {
            i.Error.WriteLine("error: " + e.Message);
        }
    }

    private static async Task CopyLinesAsync(Invocation i, Stream stream, byte[] prefix, SemaphoreSlim? gate)
    {
        await foreach (var line in LineReader.ReadAsync(stream, i.Cancellation).ConfigureAwait(false))
        {
            byte[] whole = [.. prefix, .. line.Span, (byte)'\n'];
            if (gate is not null)
            {
                await gate.WaitAsync(i.Cancellation).ConfigureAwait(false);
            }

            try
            {
                await i.Console.OutStream.WriteAsync(whole, i.Cancellation).ConfigureAwait(false);
                await i.Console.OutStream.FlushAsync(i.Cancellation).ConfigureAwait(false);
            }
            finally
            {
                gate?.Release();
            }
        }
    }

    private static string PathOf(Invocation i, Source source)
    {
        var tail = i.Flags.Int("tail");
        if (!i.Flags.Changed("tail") && i.Flags.TextOrNull("selector") is not null)
        {
            tail = 10;
        }

        var since = i.Flags.Duration("since");
        var limit = i.Flags.Int("limit-bytes");
        return ApiPaths.WithQuery(
            ApiPaths.Resource("", "v1", "pods", source.Pod.Namespace(), source.Pod.Name(), "log"),
            ("container", source.Container),
            ("follow", i.Flags.Bool("follow") ? "true" : null),
            ("previous", i.Flags.Bool("previous") ? "true" : null),
            ("sinceSeconds", since > TimeSpan.Zero ? ((long)Math.Ceiling(since.TotalSeconds)).ToString(System.Globalization.CultureInfo.InvariantCulture) : null),
            ("sinceTime", i.Flags.TextOrNull("since-time")),
            ("tailLines", tail >= 0 ? tail.ToString(System.Globalization.CultureInfo.InvariantCulture) : null),
            ("timestamps", i.Flags.Bool("timestamps") ? "true" : null),
            ("limitBytes", limit > 0 ? limit.ToString(System.Globalization.CultureInfo.InvariantCulture) : null),
            ("insecureSkipTLSVerifyBackend", i.Flags.Bool("insecure-skip-tls-verify-backend") ? "true" : null));
    }
}
