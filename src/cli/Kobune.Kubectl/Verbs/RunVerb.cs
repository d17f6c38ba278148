using System.Text.Json.Nodes;
using Kobune.Client.Http;
using Kobune.Client.Streaming;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;
using Kobune.Kubectl.Streaming;
using Kobune.Kubectl.Verbs.Create;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl run: one Pod, perhaps with its terminal here, perhaps gone afterwards.</summary>
internal static class RunVerb
{
    public static readonly Command Definition = new("run", "Run a particular image on the cluster")
    {
        Usage = "NAME --image=image [--env=\"key=value\"] [--port=port] [--dry-run=server|client] [--overrides=inline-json] [--command] -- [COMMAND] [args...]",
        Examples = """
            # A pod
            kubectl run web --image=nginx

            # With a port and an environment variable
            kubectl run web --image=nginx --port=80 --env="MODE=fast"

            # A shell to look around with, gone when you leave it
            kubectl run -it --rm shell --image=busybox --restart=Never -- sh

            # Only show what would be created
            kubectl run web --image=nginx --dry-run=client -o yaml
            """,
        Flags =
        [
            Flag.Array("annotations", "Annotation key=value."), Flag.Bool("attach", "Wait for the pod and attach to it; on with -i."),
            Flag.Text("cascade", "With --rm.", value: "background", noValue: "background"), Flag.Bool("command", "The arguments after -- are the command, not its arguments."),
            Flag.Array("env", "Environment variable key=value."), Flag.Bool("expose", "Also create a service for the port."), Flag.Bool("force", "With --rm: without waiting."),
            Flag.Int("grace-period", "With --rm.", -1), Flag.Text("image", "The image. Required."), Flag.Text("image-pull-policy", "Always, IfNotPresent or Never."),
            Flag.Text("labels", "Labels: key=value, comma-separated.", 'l'), Flag.Bool("leave-stdin-open", "Do not end input when the first client leaves."),
            Flag.Text("override-type", "How --overrides are applied: json, merge or strategic.", value: "merge"), Flag.Text("overrides", "JSON to merge into the pod."),
            Flag.Duration("pod-running-timeout", "How long to wait for the pod.", "1m0s"), Flag.Text("port", "The container's port."), Flag.Bool("privileged", "Run the container privileged."),
            Flag.Bool("quiet", "Print only the remote output.", 'q'), Flag.Text("restart", "Restart policy: Always, OnFailure or Never.", value: "Always"),
            Flag.Bool("rm", "Delete the pod when it has ended."), Flag.Bool("stdin", "Keep standard input open.", 'i'), Flag.Duration("timeout", "With --rm."),
            Flag.Bool("tty", "Give the container a terminal.", 't'), Flag.Bool("wait", "With --rm."), .. CreateVerb.CommonFlags,
        ],
        Run = RunAsync,
    };

    private static async Task<int> RunAsync(Invocation i)
    {
        if (i.Arguments.Count == 0)
        {
            throw CommandException.Usage(i, "NAME is required for run");
        }

        var attach = i.Flags.Changed("attach") ? i.Flags.Bool("attach") : i.Flags.Bool("stdin");
        if (i.Flags.Bool("rm") && !attach)
        {
            throw new CommandException("--rm should only be used for attached containers");
        }

        if (i.Flags.Bool("tty") && !i.Flags.Bool("stdin"))
        {
            throw new CommandException("-i/--stdin is required for containers with -t/--tty=true");
        }

        var pod = Pod(i);
        if (!attach || DryRun.Of(i) != DryRun.None)
        {
            return await CreateAsync(i, pod).ConfigureAwait(false);
        }

        pod.Ensure("metadata")["namespace"] = i.Namespace;
        var created = await i.Cluster.SendAsync(
            HttpMethod.Post, ApiPaths.WithQuery(ApiPaths.Resource("", "v1", "pods", i.Namespace), ("fieldManager", "kubectl-run")), pod, i.Cancellation).ConfigureAwait(false);
        try
        {
            return await AttachAsync(i, created).ConfigureAwait(false);
        }
        finally
        {
            if (i.Flags.Bool("rm"))
            {
                await i.Cluster.SendAsync(HttpMethod.Delete, ApiPaths.Resource("", "v1", "pods", i.Namespace, created.Name()), null, CancellationToken.None).ConfigureAwait(false);
                i.Out.WriteLine($"pod {GoText.Quote(created.Name())} deleted from {i.Namespace} namespace");
            }
        }
    }

    private static async Task<int> CreateAsync(Invocation i, JsonObject pod)
    {
        var code = await CreateVerb.CreateAsync(i, pod, "pod").ConfigureAwait(false);
        if (!i.Flags.Bool("expose"))
        {
            return code;
        }

        var port = int.Parse(i.Flags.TextOrNull("port") ?? throw new CommandException("--port must be set when exposing a service"), System.Globalization.CultureInfo.InvariantCulture);
        return await CreateVerb.CreateAsync(i, new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Service",
            ["metadata"] = CreateVerb.Metadata(i.Arguments[0]),
            ["spec"] = new JsonObject
            {
                ["ports"] = new JsonArray(new JsonObject { ["port"] = port, ["protocol"] = "TCP", ["targetPort"] = port }),
                ["selector"] = pod.Map("metadata", "labels").DeepClone(),
            },
            ["status"] = new JsonObject { ["loadBalancer"] = new JsonObject() },
        }, "service").ConfigureAwait(false);
    }

    private static JsonObject Pod(Invocation i)
    {
        var name = i.Arguments[0];
        var image = i.Flags.TextOrNull("image") ?? throw new CommandException("required flag(s) \"image\" not set");
        var restart = i.Flags.Text("restart");
        if (restart is not ("Always" or "OnFailure" or "Never"))
        {
            throw new CommandException($"invalid restart policy: {restart}");
        }

        var container = new JsonObject { ["image"] = image, ["name"] = name, ["resources"] = new JsonObject() };
        var words = i.Arguments.Skip(1).Select(a => (JsonNode)a).ToArray();
        if (words.Length > 0)
        {
            container[i.Flags.Bool("command") ? "command" : "args"] = new JsonArray(words);
        }

        if (i.Flags.List("env").Count > 0)
        {
            container["env"] = new JsonArray([.. i.Flags.List("env").Select(e => e.Split('=', 2)).Select(p => p.Length == 2 ? Env(p[0], p[1]) : throw new CommandException($"invalid env: {p[0]}"))]);
        }

        if (i.Flags.TextOrNull("port") is { } port)
        {
            container["ports"] = new JsonArray(new JsonObject { ["containerPort"] = int.Parse(port, System.Globalization.CultureInfo.InvariantCulture) });
        }

        if (i.Flags.TextOrNull("image-pull-policy") is { } policy)
        {
            container["imagePullPolicy"] = policy;
        }

        if (i.Flags.Bool("privileged"))
        {
            container["securityContext"] = new JsonObject { ["privileged"] = true };
        }

        if (i.Flags.Bool("stdin"))
        {
            container["stdin"] = true;
            if (!i.Flags.Bool("leave-stdin-open"))
            {
                container["stdinOnce"] = true;
            }
        }

        if (i.Flags.Bool("tty"))
        {
            container["tty"] = true;
        }

        var pod = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = new JsonObject { ["labels"] = Labels(i, name), ["name"] = name },
            ["spec"] = new JsonObject { ["containers"] = new JsonArray(container), ["dnsPolicy"] = "ClusterFirst", ["restartPolicy"] = restart },
            ["status"] = new JsonObject(),
        };
        foreach (var annotation in i.Flags.List("annotations").Select(a => a.Split('=', 2)))
        {
            pod.Ensure("metadata", "annotations")[annotation[0]] = annotation.ElementAtOrDefault(1) ?? "";
        }

        return i.Flags.TextOrNull("overrides") is { } overrides ? Override(pod, overrides) : pod;
    }

    private static JsonNode Env(string name, string value) => new JsonObject { ["name"] = name, ["value"] = value };

    private static JsonObject Labels(Invocation i, string name) => i.Flags.TextOrNull("labels") is { } text
        ? new JsonObject(text.Split(',').Select(l => l.Split('=', 2)).Select(p => KeyValuePair.Create(p[0], (JsonNode?)p.ElementAtOrDefault(1))))
        : new JsonObject { ["run"] = name };

    private static JsonObject Override(JsonObject pod, string text)
    {
        JsonObject overrides;
        try
        {
            overrides = JsonNode.Parse(text) as JsonObject ?? [];
        }
        catch (System.Text.Json.JsonException e)
        {
            throw new CommandException($"Invalid JSON Patch: {e.Message}");
        }

        Merge(pod, overrides);
        return pod;
    }

    private static void Merge(JsonObject target, JsonObject source)
    {
        foreach (var (name, value) in source)
        {
            if (value is null)
            {
                target.Remove(name);
            }
            else if (target[name] is JsonObject into && value is JsonObject from)
            {
                Merge(into, from);
            }
            else
            {
                target[name] = value.DeepClone();
            }
        }
    }

    private static async Task<int> AttachAsync(Invocation i, JsonObject created)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(i.Cancellation);
        limit.CancelAfter(i.Flags.Duration("pod-running-timeout"));
        var mapping = await i.Cluster.Mapper.ByArgumentAsync("pods", i.Cancellation).ConfigureAwait(false);
        JsonObject pod;
        try
        {
            pod = (await ObjectWatch.UntilAsync(i, mapping, i.Namespace, created.Name(), p => p?.Text("status", "phase") is "Running" or "Succeeded" or "Failed", limit.Token).ConfigureAwait(false))!;
        }
        catch (OperationCanceledException) when (!i.Cancellation.IsCancellationRequested)
        {
            throw new CommandException("timed out waiting for the condition");
        }

        var container = pod.Objects("spec", "containers").First().Text("name");
        if (pod.Text("status", "phase") == "Running")
        {
            try
            {
                await AttachVerb.ToAsync(i, pod, container, ExecVerb.Streams(i)).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or Kobune.Api.KubeStatusException)
            {
                // The container was faster than we: its log has what it wrote.
                if (e is Kobune.Api.KubeStatusException refused)
                {
                    i.Error.WriteLine($"warning: couldn't attach to pod/{pod.Name()}, falling back to streaming logs: {refused.Status.Message}");
                }

                await PrintLogAsync(i, pod, container).ConfigureAwait(false);
            }
        }
        else
        {
            await PrintLogAsync(i, pod, container).ConfigureAwait(false);
        }

        return await ExitCodeAsync(i, mapping, pod, container).ConfigureAwait(false);
    }

    private static async Task PrintLogAsync(Invocation i, JsonObject pod, string container) =>
        i.Out.Write(await i.Cluster.TextAsync(
            ApiPaths.WithQuery(ApiPaths.Resource("", "v1", "pods", pod.Namespace(), pod.Name(), "log"), ("container", container)), i.Cancellation).ConfigureAwait(false));

    private static async Task<int> ExitCodeAsync(Invocation i, ResourceMapping mapping, JsonObject pod, string container)
    {
        if (i.Flags.Text("restart") == "Always")
        {
            return 0;
        }

        var ended = await ObjectWatch.UntilAsync(
            i, mapping, i.Namespace, pod.Name(), p => p is null || p.Text("status", "phase") is "Succeeded" or "Failed" || i.Flags.Text("restart") == "OnFailure", i.Cancellation).ConfigureAwait(false);
        var code = (int)(ended.Objects("status", "containerStatuses").FirstOrDefault(c => c.Text("name") == container).LongOrNull("state", "terminated", "exitCode") ?? 0);
        if (code == 0)
        {
            return 0;
        }

        i.Error.WriteLine($"pod {i.Namespace}/{pod.Name()} terminated ({ended.Objects("status", "containerStatuses").First().Text("state", "terminated", "reason")})");
        return code;
    }
}
