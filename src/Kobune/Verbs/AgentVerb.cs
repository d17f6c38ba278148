using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using Kobune.Cluster;
using Kobune.Cri.Containerd;
using Kobune.Hosting;
using Kobune.Joining;

namespace Kobune.Verbs;

/// <summary><c>kobune agent</c>: a node on this machine's own network, in the foreground, of a control plane elsewhere.</summary>
internal static class AgentVerb
{
    public static Command Create(VerbContext context)
    {
        var server = new Option<Uri>("--server") { Description = "The API's URL, as «kobune server» prints it.", Required = true, CustomParser = ParseUrl };
        var token = new Option<string>("--token") { Description = "The join token; needed the first time.", DefaultValueFactory = _ => "" };
        var hash = new Option<string>("--ca-hash") { Description = "The hash of the server's authority.", Required = true };
        var address = new Option<IPAddress>("--address") { Description = "The address that the server and other nodes reach this node at.", Required = true, CustomParser = ParseAddress };
        var name = new Option<string>("--node-name") { Description = "The node's name.", DefaultValueFactory = _ => Environment.MachineName.ToLowerInvariant() };
        var data = new Option<string>("--data-dir") { Description = "Where images, volumes, logs and certificates are kept.", DefaultValueFactory = _ => "/var/lib/kobune-agent" };
        var run = new Option<string>("--run-dir") { Description = "Where sockets and container state are kept; not needed after a reboot.", DefaultValueFactory = _ => "/run/kobune-agent" };
        var logs = new Option<string>("--log-dir") { Description = "Where the logs of Pods are.", DefaultValueFactory = _ => "/var/log" };
        var cgroup = new Option<string>("--cgroup") { Description = "The cgroup that holds the node's containers.", DefaultValueFactory = _ => "/kobune-agent" };
        var mirror = new Option<string?>("--registry-mirror") { Description = "A registry that is asked for every image." };
        var command = new Command("agent", "Run a node on this machine's own network, for a control plane started by «kobune server».")
        {
            server, token, hash, address, name, data, run, logs, cgroup, mirror,
        };
        command.SetAction((result, cancellationToken) =>
        {
            VerbContext.RequireRoot("agent");
            var join = new JoinSettings(result.GetValue(server)!, result.GetValue(token)!, result.GetValue(hash)!, result.GetValue(name)!, result.GetValue(address)!);
            var paths = new NodePaths(result.GetValue(data)!, result.GetValue(run)!, result.GetValue(cgroup)!) { PodLogs = result.GetValue(logs)! + "/pods", ContainerLogs = result.GetValue(logs)! + "/containers" };
            return ForegroundProcess.RunAsync(context, (loggers, stop) => RunAsync(context, join, paths, result.GetValue(mirror), loggers, stop), cancellationToken);
        });
        return command;
    }

    internal static IPAddress? ParseAddress(ArgumentResult result)
    {
        if (result.Tokens is [var only] && IPAddress.TryParse(only.Value, out var address))
        {
            return address;
        }
        result.AddError($"\"{(result.Tokens.Count > 0 ? result.Tokens[0].Value : "")}\" is no IP address");
        return null;
    }

    private static Uri? ParseUrl(ArgumentResult result)
    {
        if (result.Tokens is [var only] && Uri.TryCreate(only.Value, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttps)
        {
            return url;
        }
        result.AddError($"\"{(result.Tokens.Count > 0 ? result.Tokens[0].Value : "")}\" is no URL; it looks like https://10.0.0.1:6443");
        return null;
    }

    private static async Task RunAsync(
        VerbContext context, JoinSettings join, NodePaths paths, string? mirror, Microsoft.Extensions.Logging.ILoggerFactory loggers, CancellationToken stop)
    {
        if (Prerequisites.Missing() is { Count: > 0 } missing)
        {
            await Prerequisites.InstallAsync(missing, stop);
        }
        Directory.CreateDirectory(paths.RegistryHosts);
        if (mirror is not null)
        {
            RegistryHosts.WriteDefault(paths.RegistryHosts, new RegistryMirror(mirror));
        }
        await using var node = new JoinedNode(join, paths, ContainerRuntime.Options(paths), context.Time, new Random(), loggers);
        await node.StartAsync(new StartupReport(TextWriter.Null, context.Time), stop);
        await context.Out.WriteLineAsync($"Node {join.NodeName} is Ready. Ctrl-C stops the agent; containers go on.");
        await node.RunAsync(stop);
    }
}
