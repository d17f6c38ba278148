using Kobune.Client.Http;
using Kobune.Client.Streaming;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;
using Kobune.Kubectl.Streaming;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl exec.</summary>
internal static class ExecVerb
{
    public static readonly Command Definition = new("exec", "Execute a command in a container")
    {
        Usage = "(POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...]",
        Examples = """
            # Run a command and see its output
            kubectl exec web -- date

            # A shell
            kubectl exec -it web -- /bin/sh

            # In a container of several
            kubectl exec web -c sidecar -- ls /tmp

            # In a pod of a deployment
            kubectl exec deploy/web -- env
            """,
        Flags =
        [
            Flag.Text("container", "The container; the annotated default or the first one without.", 'c'),
            Flag.List("filename", "File that names the pod.", 'f'),
            Flag.Duration("pod-running-timeout", "How long to wait for a pod of the resource.", "1m0s"),
            Flag.Bool("quiet", "Print only the remote output.", 'q'),
            Flag.Bool("stdin", "Pass standard input on.", 'i'),
            Flag.Bool("tty", "Standard input is a terminal.", 't'),
        ],
        Run = RunAsync,
    };

    private static async Task<int> RunAsync(Invocation i)
    {
        var hasFile = i.Flags.List("filename").Count > 0;
        if (i.Arguments.Count == 0 && !hasFile)
        {
            throw CommandException.Usage(i, "pod, type/name or --filename must be specified");
        }

        var command = i.Arguments.Skip(hasFile ? 0 : 1).ToArray();
        if (i.ArgumentsBeforeDash < 0 && command.Length > 0)
        {
            throw CommandException.Usage(i, "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead");
        }

        if (command.Length == 0)
        {
            throw CommandException.Usage(i, "you must specify at least one command for the container");
        }

        var reference = hasFile
            ? (await Manifests.ManifestReader.ReadItemsAsync(i).ConfigureAwait(false))[0] is var item ? $"{item.Mapping.Plural}/{item.Name}" : ""
            : i.Arguments[0];
        var pod = await PodResolver.OneAsync(i, reference).ConfigureAwait(false);
        var phase = pod.Text("status", "phase");
        if (phase is "Succeeded" or "Failed")
        {
            throw new CommandException($"cannot exec into a container in a completed pod; current phase is {phase}");
        }

        var container = i.Flags.TextOrNull("container") ?? PodResolver.DefaultContainer(i, pod, i.Flags.Bool("quiet"));
        var path = ApiPaths.WithQuery(ApiPaths.Resource("", "v1", "pods", pod.Namespace(), pod.Name(), "exec"), ("container", container));
        path = command.Aggregate(path, (p, word) => ApiPaths.WithQuery(p, ("command", word)));
        return await RemoteSession.RunAsync(i, path, Streams(i)).ConfigureAwait(false);
    }

    /// <summary>Which streams -i and -t ask for; without a terminal here there is none there.</summary>
    internal static RemoteCommandOptions Streams(Invocation i)
    {
        var stdin = i.Flags.Bool("stdin");
        var tty = i.Flags.Bool("tty");
        if (tty && !(stdin && i.Console.IsInputTerminal))
        {
            if (stdin && !(i.Flags.Has("quiet") && i.Flags.Bool("quiet")))
            {
                i.Error.WriteLine("Unable to use a TTY - input is not a terminal or the right kind of file");
            }

            tty = false;
        }

        return new RemoteCommandOptions(stdin, Stdout: true, Stderr: !tty, tty);
    }
}
