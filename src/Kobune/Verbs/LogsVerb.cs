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
    private static readonly string[] Own = ["--name", "-N", "--containerd", "--tail", "--help", "-h", "-?"];

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
            if (previous is not ("--name" or "-N" or "--tail"))
            {
                return false;
            }
        }
        return !arguments.Contains("--help") && !arguments.Contains("-h");
    }

    public static Command Create(VerbContext context)
    {
        var name = VerbContext.NameOption();
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on as the log grows." };
        var containerd = new Option<bool>("--containerd") { Description = "The container runtime's log instead of Kobune's." };
        var tail = new Option<int>("--tail") { Description = "How many of the last lines.", DefaultValueFactory = _ => 200 };
        var command = new Command("logs", "Show the log of the cluster's components; with a Pod's name it is kubectl logs.") { name, follow, containerd, tail };
        command.SetAction(async (result, cancellationToken) =>
        {
            var paths = new ClusterPaths(result.GetValue(name)!);
            var file = result.GetValue(containerd) ? paths.ContainerdLog : paths.DaemonLog;
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
