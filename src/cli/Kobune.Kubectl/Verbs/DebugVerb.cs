using System.Text.Json.Nodes;
using Kobune.Client.Http;
using Kobune.Client.Streaming;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl debug, its basic form: an ephemeral container beside those of a running Pod.</summary>
internal static class DebugVerb
{
    public static readonly Command Definition = new("debug", "Create debugging sessions for troubleshooting workloads and nodes")
    {
        Usage = "POD [ -- COMMAND [args...] ] --image=IMAGE",
        Long = "Create debugging sessions: adds an ephemeral container with tools of its own to a running pod. Copies of pods and sessions on nodes are not supported.",
        Examples = """
            # A shell beside the containers of a pod
            kubectl debug -it web --image=busybox

            # That sees the processes of one of them
            kubectl debug -it web --image=busybox --target=app
            """,
        Flags =
        [
            Flag.Bool("attach", "Wait for the container and attach to it; on with -i."), Flag.Text("container", "Name of the container.", 'c'), Flag.Array("env", "Environment variable key=value."),
            Flag.Text("image", "The image. Required."), Flag.Text("image-pull-policy", "Always, IfNotPresent or Never."), Flag.Text("profile", "Not used.", value: "legacy"),
            Flag.Bool("quiet", "Print only the remote output.", 'q'), Flag.Bool("stdin", "Keep standard input open.", 'i'), Flag.Text("target", "Container whose processes are to be seen."), Flag.Bool("tty", "A terminal.", 't'),
        ],
        Run = RunAsync,
    };

    private static async Task<int> RunAsync(Invocation i)
    {
        if (i.Arguments.Count == 0)
        {
            throw new CommandException("NAME or filename is required for debug");
        }

        var image = i.Flags.TextOrNull("image") ?? throw new CommandException("you must specify --image, --image-pull-policy or --set-image");
        var item = await ResourceArguments.OneAsync(i, [i.Arguments[0]], "pods").ConfigureAwait(false);
        if (item.Mapping.Kind != "Pod")
        {
            throw new CommandException($"debugging a {item.Mapping.Kind} is not supported");
        }

        var pod = await i.Cluster.GetAsync(item.Path, i.Cancellation).ConfigureAwait(false);
        var name = i.Flags.TextOrNull("container") ?? $"debugger-{Suffix(pod)}";
        if (i.Flags.TextOrNull("container") is null && !i.Flags.Bool("quiet"))
        {
            i.Error.WriteLine($"Defaulting debug container name to {name}.");
        }

        var patch = new JsonObject { ["spec"] = new JsonObject { ["ephemeralContainers"] = new JsonArray(Container(i, name, image)) } };
        var path = item.Mapping.Path(item.Namespace, item.Name, "ephemeralcontainers");
        await i.Cluster.SendAsync(HttpMethod.Patch, path, patch, i.Cancellation, MediaTypes.StrategicMergePatch).ConfigureAwait(false);
        if (!(i.Flags.Changed("attach") ? i.Flags.Bool("attach") : i.Flags.Bool("stdin")))
        {
            return 0;
        }

        var running = await ObjectWatch.UntilAsync(i, item.Mapping, item.Namespace, item.Name, p => p is null || State(p, name) is "running" or "terminated", i.Cancellation).ConfigureAwait(false);
        return State(running ?? [], name) == "running"
            ? await AttachVerb.ToAsync(i, running!, name, ExecVerb.Streams(i)).ConfigureAwait(false)
            : throw new CommandException($"ephemeral container {GoText.Quote(name)} terminated");
    }

    private static JsonObject Container(Invocation i, string name, string image)
    {
        var container = new JsonObject { ["name"] = name, ["image"] = image, ["terminationMessagePolicy"] = "File" };
        if (i.Arguments.Count > 1)
        {
            container["command"] = new JsonArray([.. i.Arguments.Skip(1).Select(a => (JsonNode)a)]);
        }

        if (i.Flags.TextOrNull("target") is { } target)
        {
            container["targetContainerName"] = target;
        }

        if (i.Flags.TextOrNull("image-pull-policy") is { } policy)
        {
            container["imagePullPolicy"] = policy;
        }

        if (i.Flags.List("env").Count > 0)
        {
            container["env"] = new JsonArray([.. i.Flags.List("env").Select(e => e.Split('=', 2)).Select(p => (JsonNode)new JsonObject { ["name"] = p[0], ["value"] = p.ElementAtOrDefault(1) ?? "" })]);
        }

        if (i.Flags.Bool("stdin"))
        {
            container["stdin"] = true;
        }

        if (i.Flags.Bool("tty"))
        {
            container["tty"] = true;
        }

        return container;
    }

    private static string State(JsonObject pod, string name) => pod.Objects("status", "ephemeralContainerStatuses")
        .FirstOrDefault(s => s.Text("name") == name).Map("state").Select(s => s.Key).FirstOrDefault() ?? "";

    /// <summary>A name that is free: ephemeral containers cannot be removed, so their count never repeats.</summary>
    private static string Suffix(JsonObject pod) => (pod.Items("spec", "ephemeralContainers").Count + 1).ToString("x5", System.Globalization.CultureInfo.InvariantCulture);
}
