using System.CommandLine;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Client.Config;
using Kobune.Client.Http;
using Kobune.Cluster;
using Kobune.Hosting;
using Kobune.Kubectl;
using Kobune.Kubectl.Terminal;

namespace Kobune.Verbs;

/// <summary><c>kobune node list|add|remove</c>: the nodes of a running cluster.</summary>
internal static class NodeVerb
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static Command Create(VerbContext context) => new("node", "List, add and remove the cluster's nodes.")
    {
        List(context),
        Add(context),
        Remove(context),
    };

    private static Command List(VerbContext context)
    {
        var name = VerbContext.NameOption();
        var command = new Command("list", "List the nodes.") { name };
        command.Aliases.Add("ls");
        command.SetAction(async (result, cancellationToken) =>
        {
            var paths = new ClusterPaths(result.GetValue(name)!);
            var config = Load(paths);
            var width = config.Nodes.Max(n => n.Name.Length) + 3;
            await context.Out.WriteLineAsync($"{"NODE".PadRight(width)}{"ADDRESS",-16}PROCESS");
            foreach (var node in config.Nodes)
            {
                var pid = new DaemonProcess(paths, config, node).RunningPid();
                await context.Out.WriteLineAsync($"{node.Name.PadRight(width)}{config.AddressOf(node),-16}{pid?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "stopped"}");
            }
            return 0;
        });
        return command;
    }

    private static Command Add(VerbContext context)
    {
        var name = VerbContext.NameOption();
        var node = new Argument<string?>("NODE") { Description = "The new node's name; the cluster's with a number unless said.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("add", "Add a node to the running cluster, and wait until it is Ready.") { name, node };
        command.SetAction(async (result, cancellationToken) =>
        {
            VerbContext.RequireRoot("node add");
            var paths = new ClusterPaths(result.GetValue(name)!);
            var before = Running(paths);
            if (result.GetValue(node) is { } wanted && (wanted.Length > 63 || !wanted.All(c => c is >= 'a' and <= 'z' or >= '0' and <= '9' or '-' or '.') || !char.IsAsciiLetterOrDigit(wanted[0]) || !char.IsAsciiLetterOrDigit(wanted[^1])))
            {
                throw new UserErrorException($"\"{wanted}\" is no node name: lower-case letters, digits, \"-\" and \".\", at most 63");
            }
            var config = before.WithNode(result.GetValue(node));
            var added = config.Nodes[^1];
            var steps = new Steps(context.Out, context.Terminal, context.Time);
            config.Save(paths);
            await new NodeNetwork(config, added).EnsureAsync(cancellationToken);
            await NodeStart.OthersAsync(context, steps, [new DaemonProcess(paths, config, added)], cancellationToken);
            await NodeStart.RouteAsync(context, paths, config, cancellationToken);
            return 0;
        });
        return command;
    }

    private static Command Remove(VerbContext context)
    {
        var name = VerbContext.NameOption();
        var node = new Argument<string>("NODE") { Description = "The node's name." };
        var force = new Option<bool>("--force") { Description = "Do not wait for its Pods to be evicted." };
        var command = new Command("remove", "Drain a node, and take it out of the cluster.") { name, node, force };
        command.Aliases.Add("rm");
        command.Aliases.Add("delete");
        command.SetAction(async (result, cancellationToken) =>
        {
            VerbContext.RequireRoot("node remove");
            var paths = new ClusterPaths(result.GetValue(name)!);
            var config = Running(paths);
            var gone = config.NodeNamed(result.GetValue(node)!);
            if (gone.Number == 1)
            {
                throw new UserErrorException($"the control plane runs with {gone.Name}; to remove all: kobune down --name {paths.Name}");
            }
            if (!result.GetValue(force))
            {
                await DrainAsync(paths, gone);
            }
            await RemoveAsync(context, paths, config, gone, cancellationToken);
            return 0;
        });
        return command;
    }

    // kubectl's own drain: evictions, and so disruption budgets, are its business.
    private static async Task DrainAsync(ClusterPaths paths, ClusterNode node)
    {
        string[] drain = ["--kubeconfig", paths.AdminKubeconfig, "drain", node.Name, "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=120s"];
        if (await KubectlMain.RunAsync(drain, new SystemConsole(), "kobune") != 0)
        {
            throw new UserErrorException($"node {node.Name} was not drained, and stays (cordoned). Without draining: kobune node remove --name {paths.Name} --force {node.Name}");
        }
    }

    private static async Task RemoveAsync(VerbContext context, ClusterPaths paths, ClusterConfig config, ClusterNode node, CancellationToken cancellationToken)
    {
        var steps = new Steps(context.Out, context.Terminal, context.Time);
        await steps.RunAsync($"Stopping {node.Name}", async () =>
        {
            await new DaemonProcess(paths, config, node).StopAsync(Patience, context.Time, cancellationToken);
            await ContainerRuntime.StopAllAsync(paths, config, node, context.Time, cancellationToken);
            return $"{node.Name} and its containers stopped";
        });
        await steps.RunAsync($"Removing {node.Name}", async () =>
        {
            await DeleteObjectAsync(context, paths, node, cancellationToken);
            await new HostNetwork(config).UnrouteAsync(node, cancellationToken);
            await new NodeNetwork(config, node).RemoveAsync(cancellationToken);
            var folders = paths.Node(node);
            Cleanup.Unmount(folders.Root, folders.Run);
            Cleanup.RemoveCgroups(folders.Cgroup);
            Cleanup.DeleteFolder(folders.Run);
            Cleanup.DeleteFolder(folders.Root);
            (config with { OtherNodes = [.. config.OtherNodes.Where(n => n != node)] }).Save(paths);
            return $"Node {node.Name} is gone";
        });
    }

    // After its agent, which would register it again.
    private static async Task DeleteObjectAsync(VerbContext context, ClusterPaths paths, ClusterNode node, CancellationToken cancellationToken)
    {
        using var transport = new KubeTransport(ClientConfigResolver.Resolve(KubeConfig.Load(paths.AdminKubeconfig)), context.Time);
        try
        {
            await new HttpKubeClient(transport).DeleteAsync<Node>(null, node.Name, null, cancellationToken);
        }
        catch (KubeStatusException e) when (e.IsNotFound)
        {
            // Deleted by hand already.
        }
    }

    private static ClusterConfig Load(ClusterPaths paths) =>
        ClusterConfig.Load(paths) ?? throw new UserErrorException($"there is no cluster \"{paths.Name}\"; make it with: kobune up --name {paths.Name}");

    private static ClusterConfig Running(ClusterPaths paths)
    {
        var config = Load(paths);
        return new DaemonProcess(paths, config, config.Nodes[0]).RunningPid() is null
            ? throw new UserErrorException($"cluster \"{paths.Name}\" is stopped; start it with: kobune up --name {paths.Name}")
            : config;
    }
}
