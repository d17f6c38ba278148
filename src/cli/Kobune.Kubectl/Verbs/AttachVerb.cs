using Kobune.Client.Http;
using Kobune.Client.Streaming;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;
using Kobune.Kubectl.Streaming;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl attach.</summary>
internal static class AttachVerb
{
    public static readonly Command Definition = new("attach", "Attach to a running container")
    {
        Usage = "(POD | TYPE/NAME) -c CONTAINER",
        Examples = """
            # See what a pod writes from now on
            kubectl attach web

            # And type into it
            kubectl attach web -c shell -i -t
            """,
        Flags =
        [
            Flag.Text("container", "The container; the annotated default or the first one without.", 'c'),
            Flag.Duration("pod-running-timeout", "How long to wait for a pod of the resource.", "1m0s"),
            Flag.Bool("quiet", "Print only the remote output.", 'q'),
            Flag.Bool("stdin", "Pass standard input on.", 'i'),
            Flag.Bool("tty", "Standard input is a terminal.", 't'),
        ],
        Run = RunAsync,
    };

    private static async Task<int> RunAsync(Invocation i)
    {
        if (i.Arguments.Count == 0)
        {
            throw CommandException.Usage(i, "at least 1 argument is required for attach");
        }

        var pod = await PodResolver.OneAsync(i, i.Arguments[0]).ConfigureAwait(false);
        if (pod.Text("status", "phase") is "Succeeded" or "Failed")
        {
            throw new CommandException($"cannot attach a container in a completed pod; current phase is {pod.Text("status", "phase")}");
        }

        var container = i.Flags.TextOrNull("container") ?? PodResolver.DefaultContainer(i, pod, i.Flags.Bool("quiet"));
        return await ToAsync(i, pod, container, ExecVerb.Streams(i)).ConfigureAwait(false);
    }

    /// <summary>Attaches to a container of a Pod; a terminal is used only where the container has one.</summary>
    public static Task<int> ToAsync(Invocation i, System.Text.Json.Nodes.JsonObject pod, string container, RemoteCommandOptions options)
    {
        var spec = pod.Objects("spec", "containers").Concat(pod.Objects("spec", "ephemeralContainers")).FirstOrDefault(c => c.Text("name") == container);
        if (options.Tty && !spec.Bool("tty"))
        {
            i.Error.WriteLine($"error: Unable to use a TTY - container {container} did not allocate one");
            options = options with { Tty = false, Stderr = true };
        }

        if (!options.Tty && spec.Bool("tty"))
        {
            // The container's terminal carries both outputs in one stream.
            options = options with { Tty = true, Stderr = false };
        }

        if (options.Tty && !i.Flags.Bool("quiet"))
        {
            i.Error.WriteLine("If you don't see a command prompt, try pressing enter.");
        }

        return RemoteSession.RunAsync(i, ApiPaths.WithQuery(ApiPaths.Resource("", "v1", "pods", pod.Namespace(), pod.Name(), "attach"), ("container", container)), options);
    }
}
