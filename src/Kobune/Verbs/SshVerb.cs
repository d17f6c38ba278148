using System.CommandLine;
using System.Diagnostics;
using Kobune.Cluster;
using Kobune.Hosting;

namespace Kobune.Verbs;

/// <summary><c>kobune ssh</c>: a shell on the node, that is, in its network namespace and with its containerd at hand.</summary>
internal static class SshVerb
{
    public static Command Create(VerbContext context)
    {
        var name = VerbContext.NameOption();
        var words = new Argument<string[]>("COMMAND") { Description = "What to run instead of a shell (after --).", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("ssh", "Open a shell on the node (no ssh is involved: the node is a network namespace of this machine).") { name, words };
        command.SetAction(async (result, cancellationToken) =>
        {
            VerbContext.RequireRoot("ssh");
            var paths = new ClusterPaths(result.GetValue(name)!);
            var config = ClusterConfig.Load(paths) ?? throw new UserErrorException($"there is no cluster \"{paths.Name}\"");
            if (!File.Exists($"/run/netns/{config.NetworkNamespace}"))
            {
                throw new UserErrorException($"cluster \"{paths.Name}\" is stopped; start it with: kobune up --name {paths.Name}");
            }
            var program = result.GetValue(words) is { Length: > 0 } given ? given : [Environment.GetEnvironmentVariable("SHELL") ?? "/bin/sh"];
            var start = new ProcessStartInfo(HostProgram.Find("nsenter")!, [$"--net=/run/netns/{config.NetworkNamespace}", .. program]) { UseShellExecute = false };
            // So that ctr and crictl talk to this node's containerd.
            start.Environment["CONTAINERD_ADDRESS"] = paths.ContainerdSocket;
            start.Environment["CONTAINERD_NAMESPACE"] = "k8s.io";
            start.Environment["CONTAINER_RUNTIME_ENDPOINT"] = "unix://" + paths.ContainerdSocket;
            start.Environment["PS1"] = $"{config.NodeName}:\\w\\$ ";
            using var process = Process.Start(start)!;
            await process.WaitForExitAsync(CancellationToken.None);
            return process.ExitCode;
        });
        return command;
    }
}
