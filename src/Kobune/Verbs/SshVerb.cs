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
        var words = new Argument<string[]>("NODE|COMMAND") { Description = "The node, the first one unless said; what to run instead of a shell (after --).", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("ssh", "Open a shell on the node (no ssh is involved: the node is a network namespace of this machine).") { name, words };
        command.SetAction(async (result, cancellationToken) =>
        {
            VerbContext.RequireRoot("ssh");
            var paths = new ClusterPaths(result.GetValue(name)!);
            var config = ClusterConfig.Load(paths) ?? throw new UserErrorException($"there is no cluster \"{paths.Name}\"");
            var given = result.GetValue(words) ?? [];
            var node = config.Nodes.FirstOrDefault(n => given.Length > 0 && n.Name == given[0]);
            string[] program = node is null ? given : given[1..];
            node ??= config.Nodes[0];
            if (!File.Exists($"/run/netns/{config.NetworkNamespaceOf(node)}"))
            {
                throw new UserErrorException($"cluster \"{paths.Name}\" is stopped; start it with: kobune up --name {paths.Name}");
            }
            if (program.Length == 0)
            {
                program = [Environment.GetEnvironmentVariable("SHELL") ?? "/bin/sh"];
            }
            var start = new ProcessStartInfo(HostProgram.Find("nsenter")!, [$"--net=/run/netns/{config.NetworkNamespaceOf(node)}", .. program]) { UseShellExecute = false };
            // So that ctr and crictl talk to this node's containerd.
            var socket = paths.Node(node).ContainerdSocket;
            start.Environment["CONTAINERD_ADDRESS"] = socket;
            start.Environment["CONTAINERD_NAMESPACE"] = "k8s.io";
            start.Environment["CONTAINER_RUNTIME_ENDPOINT"] = "unix://" + socket;
            start.Environment["PS1"] = $"{node.Name}:\\w\\$ ";
            using var process = Process.Start(start)!;
            await process.WaitForExitAsync(CancellationToken.None);
            return process.ExitCode;
        });
        return command;
    }
}
