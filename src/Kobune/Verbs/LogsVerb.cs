using System.CommandLine;
using System.Diagnostics;
using Kobune.Cluster;

namespace Kobune.Verbs;

/// <summary>
/// <c>kobune logs</c> without a Pod: what the cluster's own components say. With a Pod it is kubectl's verb, and does not
/// come here.
/// </summary>
internal static class LogsVerb
{
    private static readonly string[] Own = ["--name", "-N", "--containerd", "--tail", "--node", "--help", "-h", "-?"];

    /// <summary>True when the arguments after «logs» name nothing of the cluster's.</summary>
    public static bool IsMeant(ReadOnlySpan<string> arguments)
    {
        foreach (var argument in arguments)
        {
            if (argument is "-f" or "--follow" || Own.Any(o => argument == o || argument.StartsWith(o + "=", StringComparison.Ordinal)))
            {
                continue;
            }
            var previous = arguments[Math.Max(arguments.IndexOf(argument) - 1, 0)];
            if (previous is not ("--name" or "-N" or "--tail" or "--node") && !IsNode(argument))
            {
                return false;
            }
        }
        return !arguments.Contains("--help") && !arguments.Contains("-h");
    }

    // A Pod could be called as a node is; whoever means it says «kobune kubectl logs».
    private static bool IsNode(string word) =>
        ClusterPaths.ExistingClusters().Any(c => ClusterConfig.Load(new ClusterPaths(c))?.Nodes.Any(n => n.Name == word) == true);

    public static Command Create(VerbContext context)
    {
        var name = VerbContext.NameOption();
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on as the log grows." };
        var containerd = new Option<bool>("--containerd") { Description = "The container runtime's log instead of Kobune's." };
        var tail = new Option<int>("--tail") { Description = "How many of the last lines.", DefaultValueFactory = _ => 200 };
        var node = new Option<string?>("--node") { Description = "The node; the first one, with the control plane, unless said." };
        var which = new Argument<string?>("NODE") { Description = "The same as --node.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("logs", "Show the log of the cluster's components; with a Pod's name it is kubectl logs.") { name, node, which, follow, containerd, tail };
        command.SetAction(async (result, cancellationToken) =>
        {
            var paths = new ClusterPaths(result.GetValue(name)!);
            var config = ClusterConfig.Load(paths) ?? throw new UserErrorException($"there is no cluster \"{paths.Name}\"");
            var folders = paths.Node(config.NodeNamed(result.GetValue(node) ?? result.GetValue(which) ?? config.NodeName));
            var file = result.GetValue(containerd) ? folders.ContainerdLog : folders.Log;
            if (!File.Exists(file))
            {
                throw new UserErrorException($"there is no log {file}; was cluster \"{paths.Name}\" ever up?");
            }
            List<string> arguments = ["-n", result.GetValue(tail).ToString(System.Globalization.CultureInfo.InvariantCulture)];
            if (result.GetValue(follow))
            {
                arguments.Add("-F");
            }
            using var process = Process.Start(new ProcessStartInfo("tail", [.. arguments, file]) { UseShellExecute = false })!;
            await process.WaitForExitAsync(CancellationToken.None);
            return process.ExitCode;
        });
        return command;
    }
}
