using System.CommandLine;
using System.Net.Sockets;
using Kobune.Addons;
using Kobune.Cluster;
using Kobune.Hosting;

namespace Kobune.Verbs;

/// <summary><c>kobune addons list|enable|disable</c>: parts of the cluster that can be had or not; kept in cluster.json and honoured by «up».</summary>
internal static class AddonsVerb
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    public static Command Create(VerbContext context)
    {
        var command = new Command("addons", """
            List, enable or disable parts of the cluster that it can do without.
              kobune addons list
              kobune addons enable ingress      then: kobune apply -f ingress.yaml; curl -H 'Host: demo.local' http://NODE-ADDRESS/
            What is enabled stays so when the cluster is stopped and started again.
            """);
        command.Subcommands.Add(List(context));
        command.Subcommands.Add(Change(context, "enable", "Enable an addon, now and at every «up». What it needs is installed.", enable: true));
        command.Subcommands.Add(Change(context, "disable", "Disable an addon. What you made for it (Ingresses, say) stays.", enable: false));
        return command;
    }

    private static Command List(VerbContext context)
    {
        var name = VerbContext.NameOption();
        var command = new Command("list", "Show the addons and whether they are enabled.") { name };
        command.SetAction(async (result, _) =>
        {
            var config = Load(result.GetValue(name)!).Config;
            await context.Out.WriteLineAsync($"{"NAME",-22}{"STATUS",-12}ABOUT");
            foreach (var addon in AddonCatalog.All)
            {
                var status = addon.BuiltIn ? "built in" : addon.IsEnabled(config) ? "enabled" : "disabled";
                await context.Out.WriteLineAsync($"{addon.Name,-22}{status,-12}{addon.About}");
            }
            return 0;
        });
        return command;
    }

    private static Command Change(VerbContext context, string verb, string about, bool enable)
    {
        var name = VerbContext.NameOption();
        var addonName = new Argument<string>("ADDON") { Description = string.Join(", ", AddonCatalog.All.Select(a => a.Name)) };
        var command = new Command(verb, about) { name, addonName };
        command.SetAction(async (result, cancellationToken) =>
        {
            VerbContext.RequireRoot($"addons {verb}");
            var addon = AddonCatalog.Find(result.GetValue(addonName)!);
            var (paths, config) = Load(result.GetValue(name)!);
            if (addon.BuiltIn)
            {
                if (!enable)
                {
                    throw new UserErrorException($"{addon.Name} is a part of Kobune and always on");
                }
                await context.Out.WriteLineAsync($"{addon.Name} is a part of Kobune and always on.");
                return 0;
            }
            await ChangeAsync(context, paths, config, addon, enable, cancellationToken);
            return 0;
        });
        return command;
    }

    private static async Task ChangeAsync(VerbContext context, ClusterPaths paths, ClusterConfig config, Addon addon, bool enable, CancellationToken cancellationToken)
    {
        var steps = new Steps(context.Out, context.Terminal, context.Time);
        if (enable)
        {
            await InstallAsync(steps, addon, cancellationToken);
        }
        var others = config.Addons.Where(a => a != addon.Name);
        (config with { Addons = enable ? [.. others, addon.Name] : [.. others] }).Save(paths);
        if (new DaemonProcess(paths, config, config.Nodes[0]).RunningPid() is not { } pid)
        {
            await context.Out.WriteLineAsync($"{addon.Name} will be {(enable ? "on" : "off")} when the cluster is started: kobune up --name {paths.Name}");
            return;
        }
        await steps.RunAsync($"{(enable ? "Starting" : "Stopping")} {addon.Name}", async () =>
        {
            _ = NativeMethods.Kill(pid, NativeMethods.SigHup);
            await UntilServingAsync(context, paths, config, enable, cancellationToken);
            return $"{addon.Name} is {(enable ? "enabled" : "disabled")}";
        });
        if (enable)
        {
            await context.Out.WriteLineAsync($"""

                Ingresses of class nginx, or without a class, are served at http://{config.NodeAddress} and https://{config.NodeAddress}.
                Try next:
                  kobune create ingress demo --class=nginx --rule='demo.local/*=SERVICE:PORT'
                  curl --resolve demo.local:80:{config.NodeAddress} http://demo.local/
                or «kobune tunnel», and 127.0.0.1 demo.local in /etc/hosts, for a browser.
                """);
        }
    }

    /// <summary>Installs what the addon needs, when it is missing; for «up» as well.</summary>
    internal static async Task InstallAsync(Steps steps, Addon addon, CancellationToken cancellationToken)
    {
        if (addon.Package is not { } package || HostProgram.Find("nginx") is not null)
        {
            return;
        }
        await steps.RunAsync($"Installing {package}", async () =>
        {
            await Prerequisites.InstallQuietlyAsync(package, "nginx", cancellationToken);
            return $"Installed {package}";
        });
    }

    private static async Task UntilServingAsync(VerbContext context, ClusterPaths paths, ClusterConfig config, bool serving, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(Patience, context.Time);
        while (await AnswersAsync(config, cancellationToken) != serving)
        {
            if (timeout.IsCancellationRequested)
            {
                throw new UserErrorException($"that took more than {Patience.TotalSeconds:0} s; the reason is in {paths.Node(config.Nodes[0]).Log} and {Path.Combine(paths.Ingress, "error.log")}");
            }
            await Task.Delay(Interval, context.Time, cancellationToken);
        }
    }

    private static async Task<bool> AnswersAsync(ClusterConfig config, CancellationToken cancellationToken)
    {
        try
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(config.NodeAddress, 80, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static (ClusterPaths Paths, ClusterConfig Config) Load(string cluster)
    {
        var paths = new ClusterPaths(cluster);
        return (paths, ClusterConfig.Load(paths) ?? throw new UserErrorException($"there is no cluster \"{cluster}\"; make one with: kobune up --name {cluster}"));
    }
}
