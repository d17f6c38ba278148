using System.CommandLine;
using System.Net;
using Kobune.Hosting;
using Kobune.Joining;
using Kobune.Network;

namespace Kobune.Verbs;

/// <summary><c>kobune server</c>: a control plane on this machine's own network, in the foreground. Nodes join it with <c>kobune agent</c>.</summary>
internal static class ServerVerb
{
    public static Command Create(VerbContext context)
    {
        var address = new Option<IPAddress>("--address") { Description = "The address that nodes reach this machine at.", Required = true, CustomParser = AgentVerb.ParseAddress };
        var port = new Option<int>("--port") { Description = "The port of the API.", DefaultValueFactory = _ => 6443 };
        var data = new Option<string>("--data-dir") { Description = "Where state, keys and certificates are kept.", DefaultValueFactory = _ => "/var/lib/kobune-server" };
        var pods = new Option<string>("--cluster-cidr") { Description = "The range of Pod addresses.", DefaultValueFactory = _ => "10.244.0.0/16" };
        var services = new Option<string>("--service-cidr") { Description = "The range of Service addresses.", DefaultValueFactory = _ => "10.96.0.0/16" };
        var overlay = OverlayOption();
        var command = new Command("server", "Run a control plane on this machine's own network; nodes join with «kobune agent».") { address, port, data, pods, services, overlay };
        var flags = new ApiServerFlags();
        flags.All.ToList().ForEach(command.Options.Add);
        command.SetAction(async (result, cancellationToken) =>
        {
            var folder = result.GetValue(data)!;
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            var settings = new ControlPlaneSettings(Path.Combine(folder, "state.db"), Path.Combine(folder, "pki"), result.GetValue(address)!)
            {
                Port = result.GetValue(port),
                Names = [Environment.MachineName],
                PodCidr = result.GetValue(pods)!,
                ServiceCidr = result.GetValue(services)!,
                JoinToken = JoinTokens.Keep(Path.Combine(folder, "join-token")),
                Overlay = OverlayModes.Parse(result.GetValue(overlay)!)!.Value,
                ApiServer = flags.Read(result),
            };
            return await ForegroundProcess.RunAsync(context, async (loggers, stop) =>
            {
                await using var controlPlane = new ControlPlane(settings, context.Time, loggers);
                await controlPlane.StartAsync(stop);
                var kubeconfig = Path.Combine(folder, "admin.kubeconfig");
                Cluster.KubeconfigEntry.WriteAdmin(kubeconfig, controlPlane.Pki, "kobune-server", settings.Url);
                await context.Out.WriteLineAsync($"""
                    The API is at {settings.Url}; KUBECONFIG={kubeconfig} administers it. A node joins with:
                      kobune agent --server {settings.Url} --token {new NodeToken(ServerTrust.HashOf(controlPlane.Pki.ClusterAuthority.Certificate), settings.JoinToken!)}
                    """);
                await await Task.WhenAny(controlPlane.Running).WaitAsync(stop);
            }, cancellationToken);
        });
        return command;
    }

    internal static Option<string> OverlayOption() => new Option<string>("--overlay")
    {
        Description = "How Pods of other nodes are reached: vxlan, or host-gw where the nodes share a link.",
        DefaultValueFactory = _ => OverlayMode.Vxlan.Name(),
    }.AcceptOnlyFromAmong([.. OverlayModes.Names]);
}
