using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using System.Net.Sockets;
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
        var token = new Option<NodeToken>("--token") { Description = "What «kobune server» prints for nodes: the hash of its authority, and a bootstrap token.", Required = true, CustomParser = ParseToken };
        var address = new Option<IPAddress?>("--address") { Description = "The address that the server and other nodes reach this node at; by default the one on the way to the server.", CustomParser = ParseAddress };
        var name = new Option<string>("--node-name") { Description = "The node's name.", DefaultValueFactory = _ => Environment.MachineName.ToLowerInvariant() };
        var data = new Option<string>("--data-dir") { Description = "Where images, volumes, logs and certificates are kept.", DefaultValueFactory = _ => "/var/lib/kobune-agent" };
        var run = new Option<string>("--run-dir") { Description = "Where sockets and container state are kept; not needed after a reboot.", DefaultValueFactory = _ => "/run/kobune-agent" };
        var logs = new Option<string>("--log-dir") { Description = "Where the logs of Pods are.", DefaultValueFactory = _ => "/var/log" };
        var cgroup = new Option<string>("--cgroup") { Description = "The cgroup that holds the node's containers.", DefaultValueFactory = _ => "/kobune-agent" };
        var mirror = new Option<string?>("--registry-mirror") { Description = "A registry that is asked for every image." };
        var command = new Command("agent", "Run a node on this machine's own network, for a control plane started by «kobune server».")
        {
            server, token, address, name, data, run, logs, cgroup, mirror,
        };
        command.SetAction((result, cancellationToken) =>
        {
            VerbContext.RequireRoot("agent");
            var (url, secret) = (result.GetValue(server)!, result.GetValue(token)!);
            var join = new JoinSettings(url, secret.Bootstrap, secret.AuthorityHash, result.GetValue(name)!, result.GetValue(address) ?? AddressTowards(url));
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

    private static NodeToken? ParseToken(ArgumentResult result)
    {
        if (result.Tokens is [var only] && NodeToken.TryParse(only.Value) is { } token)
        {
            return token;
        }
        result.AddError("this is no token of a server; it looks like sha256:0123…::abcdef.0123456789abcdef");
        return null;
    }

    /// <summary>The address of this machine from which packets to the server go out. Nothing is sent.</summary>
    private static IPAddress AddressTowards(Uri server)
    {
        try
        {
            using var socket = new Socket(SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(server.DnsSafeHost, server.Port);
            var address = ((IPEndPoint)socket.LocalEndPoint!).Address;
            return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        }
        catch (SocketException e)
        {
            throw new UserErrorException($"no way to {server.Host}: {e.Message}; --address says which address of this machine to use");
        }
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
