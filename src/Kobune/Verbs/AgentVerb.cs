using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using Kobune.Client.Config;
using Kobune.Client.Http;
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
        var command = new Command("agent", "Run a node on this machine's own network, for a control plane started by «kobune server».") { server, token, hash, address, name, data };
        command.SetAction((result, cancellationToken) =>
        {
            VerbContext.RequireRoot("agent");
            var join = new Join(result.GetValue(server)!, result.GetValue(token)!, result.GetValue(hash)!, result.GetValue(name)!, result.GetValue(address)!, result.GetValue(data)!);
            return ForegroundProcess.RunAsync(context, (loggers, stop) => RunAsync(context, join, loggers, stop), cancellationToken);
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

    private sealed record Join(Uri Server, string Token, string CaHash, string NodeName, IPAddress Address, string Data);

    private static async Task RunAsync(VerbContext context, Join join, Microsoft.Extensions.Logging.ILoggerFactory loggers, CancellationToken stop)
    {
        if (Prerequisites.Missing() is { Count: > 0 } missing)
        {
            await Prerequisites.InstallAsync(missing, stop);
        }
        var authority = await ServerTrust.FetchAuthorityAsync(join.Server, join.CaHash, stop);
        var config = new ClientConfig { Server = join.Server, CertificateAuthorities = [authority] };
        var certificates = new NodeCertificates(Path.Combine(join.Data, "pki"), join.NodeName, join.Address, context.Time);
        var identity = certificates.KeptClient();
        if (identity is null)
        {
            using var bootstrap = new KubeTransport(config with { Token = join.Token }, context.Time);
            identity = await certificates.ClientAsync(new HttpKubeClient(bootstrap), stop);
        }
        using var transport = new KubeTransport(config with { ClientCertificate = identity }, context.Time);
        var client = new HttpKubeClient(transport);
        var serving = await certificates.ServingAsync(client, stop);
        await using var node = new NodeAgent(
            new NodeSettings(join.NodeName, join.Address, Runtime(join.Data))
            {
                KubeletRoot = Path.Combine(join.Data, "kubelet"),
                PodLogs = "/var/log/pods",
                ContainerLogs = "/var/log/containers",
                ImageWork = Path.Combine(join.Data, "images"),
                CniConf = Path.Combine(join.Data, "cni", "net.d"),
                CniData = "/run/kobune-agent/cni",
                CgroupRoot = "/kobune-agent",
                Certificate = serving,
                ClientAuthority = authority,
            },
            context.Time, loggers);
        await node.StartRuntimeAsync(stop);
        await node.StartKubeletAsync(client, stop);
        await context.Out.WriteLineAsync($"Node {join.NodeName} is Ready. Ctrl-C stops the agent; containers go on.");
        await await Task.WhenAny(node.Running).WaitAsync(stop);
    }

    private static ContainerdOptions Runtime(string data) => new()
    {
        Root = Path.Combine(data, "containerd"),
        State = "/run/kobune-agent/containerd",
        Socket = "/run/kobune-agent/containerd.sock",
        LogFile = Path.Combine(data, "containerd.log"),
        CniBinDir = Prerequisites.CniPlugins ?? "/usr/lib/cni",
        CniConfDir = Path.Combine(data, "cni", "net.d"),
        RegistryConfigPath = Path.Combine(data, "registry"),
    };
}
