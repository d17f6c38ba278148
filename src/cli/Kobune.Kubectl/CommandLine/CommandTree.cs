using Kobune.Kubectl.Verbs;
using Kobune.Kubectl.Verbs.Create;

namespace Kobune.Kubectl.CommandLine;

/// <summary>All verbs, in the one place that lists them.</summary>
internal static class CommandTree
{
    public static readonly IReadOnlyList<(string Title, string[] Commands)> Groups =
    [
        ("Basic Commands (Beginner):", ["create", "expose", "run", "set"]),
        ("Basic Commands (Intermediate):", ["explain", "get", "edit", "delete"]),
        ("Deploy Commands:", ["rollout", "scale", "autoscale"]),
        ("Cluster Management Commands:", ["cluster-info", "top", "cordon", "uncordon", "drain", "taint"]),
        ("Troubleshooting and Debugging Commands:", ["describe", "logs", "attach", "exec", "port-forward", "proxy", "cp", "auth", "debug", "events"]),
        ("Advanced Commands:", ["diff", "apply", "patch", "replace", "wait", "kustomize"]),
        ("Settings Commands:", ["label", "annotate", "completion"]),
    ];

    public static Command Build(string programName) => new Command(programName, "Work with a Kubernetes cluster")
    {
        Long = $"{programName} talks to the Kubernetes API of a cluster.",
        Commands = Verbs(),
    }.Under("");

    /// <summary>The command that the first words name, and what follows. Global flags may stand before the verb.</summary>
    public static (Command Command, IReadOnlyList<string> Remaining) Resolve(Command root, IReadOnlyList<string> arguments)
    {
        var command = root;
        var rest = arguments.ToList();
        for (var i = 0; i < rest.Count && command.Commands.Count > 0;)
        {
            if (rest[i] == "--")
            {
                break;
            }

            if (rest[i].StartsWith('-') && rest[i].Length > 1)
            {
                i += TakesNext(command, rest[i]) ? 2 : 1;
                continue;
            }

            if (command.Find(rest[i]) is not { } child)
            {
                break;
            }

            command = child;
            rest.RemoveAt(i);
        }

        return (command, rest);
    }

    private static Command[] Verbs() =>
    [
        CreateVerb.Definition, ExposeVerb.Expose, RunVerb.Definition, SetVerb.Definition,
        ExplainVerb.Definition, GetVerb.Definition, EditVerb.Definition, DeleteVerb.Definition,
        RolloutVerb.Definition, ScaleVerb.Definition, ExposeVerb.Autoscale,
        ApiVerbs.ClusterInfo, TopVerb.Definition, NodeVerbs.Cordon, NodeVerbs.Uncordon, NodeVerbs.Drain, NodeVerbs.Taint,
        DescribeVerb.Definition, LogsVerb.Definition, AttachVerb.Definition, ExecVerb.Definition, PortForwardVerb.Definition, CopyVerb.Definition, AuthVerb.Definition, DebugVerb.Definition, EventsVerb.Definition,
        ApplyVerb.Definition, PatchVerb.Definition, ReplaceVerb.Definition, WaitVerb.Definition,
        LabelVerb.Label, LabelVerb.Annotate, CompletionVerb.Definition,
        ApiVerbs.Resources, ApiVerbs.Versions, ConfigVerb.Definition, ApiVerbs.Version, ApiVerbs.Options,
    ];

    private static bool TakesNext(Command command, string argument)
    {
        if (argument.Contains('=', StringComparison.Ordinal))
        {
            return false;
        }

        var flags = command.Flags.Concat(GlobalFlags.All);
        var flag = argument.StartsWith("--", StringComparison.Ordinal)
            ? flags.FirstOrDefault(f => f.Name == argument[2..])
            : flags.FirstOrDefault(f => f.Short == argument[^1]);
        return flag is { ValueWithoutArgument: null } && (argument.StartsWith("--", StringComparison.Ordinal) || argument.Length == 2);
    }
}
