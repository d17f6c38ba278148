using System.CommandLine;
using Kobune.Addons;
using Kobune.Api.Core.V1;
using Kobune.Client.Config;
using Kobune.Client.Http;
using Kobune.Cluster;
using Kobune.Runtime;
using Kobune.Tunnels;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kobune.Verbs;

/// <summary><c>kobune tunnel</c>: LoadBalancer Services and Ingresses on this machine's own 127.0.0.1, until Ctrl-C.</summary>
internal static class TunnelVerb
{
    public static Command Create(VerbContext context)
    {
        var name = VerbContext.NameOption();
        var bind = new Option<string>("--bind-address") { Description = "Where to listen; 0.0.0.0 lets other machines in.", DefaultValueFactory = _ => "127.0.0.1" };
        var command = new Command("tunnel", """
            Bring LoadBalancer Services and Ingresses to 127.0.0.1 of this machine, until Ctrl-C.
            The addresses in «kobune get services» are reachable from this machine as they are; the tunnel is for browsers and
            for documents that say 127.0.0.1, e.g. with the line «127.0.0.1 demo.local» in /etc/hosts:
              kobune addons enable ingress && kobune tunnel          in one terminal
              curl http://demo.local/app1                            in another
            """) { name, bind };
        command.SetAction(async (result, cancellationToken) =>
        {
            VerbContext.RequireRoot("tunnel");
            var paths = new ClusterPaths(result.GetValue(name)!);
            var config = ClusterConfig.Load(paths) ?? throw new UserErrorException($"there is no cluster \"{paths.Name}\"");
            if (new DaemonProcess(paths, config, config.Nodes[0]).RunningPid() is null)
            {
                throw new UserErrorException($"cluster \"{paths.Name}\" is stopped; start it with: kobune up --name {paths.Name}");
            }
            if (!System.Net.IPAddress.TryParse(result.GetValue(bind), out var address))
            {
                throw new UserErrorException($"\"{result.GetValue(bind)}\" is no IP address");
            }
            await RunAsync(context, paths, config, address, cancellationToken);
            return 0;
        });
        return command;
    }

    private static async Task RunAsync(VerbContext context, ClusterPaths paths, ClusterConfig config, System.Net.IPAddress address, CancellationToken cancellationToken)
    {
        using var transport = new KubeTransport(ClientConfigResolver.Resolve(KubeConfig.Load(paths.AdminKubeconfig)), context.Time);
        var services = new Informer<Service>(new HttpKubeClient(transport), new Selection(Service.Info), context.Time, NullLogger.Instance);
        using var table = new TunnelTable(address, context.Out);
        var ingress = AddonCatalog.Ingress.IsEnabled(config) ? config.NodeAddress : null;
        await context.Out.WriteLineAsync("The tunnel is open; Ctrl-C closes it.");
        table.Set(TunnelTable.Wanted([], ingress));
        services.AddHandler(_ => table.Set(TunnelTable.Wanted(services.List(), ingress)));
        await services.RunAsync(cancellationToken);
    }
}
