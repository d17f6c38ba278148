using System.CommandLine;
using Kobune.Cluster;
using Kobune.Hosting;

namespace Kobune.Verbs;

/// <summary><c>kobune down</c>: removes the cluster. Only the images stay for the next one, unless <c>--purge</c>.</summary>
internal static class DownVerb
{
    public static Command Create(VerbContext context)
    {
        var name = VerbContext.NameOption();
        var purge = new Option<bool>("--purge") { Description = "Remove the pulled images as well, so that nothing at all is left." };
        var all = new Option<bool>("--all") { Description = "Remove every cluster on this machine." };
        var command = new Command("down", "Remove the cluster: its containers, network, state and kubeconfig context.") { name, purge, all };
        command.SetAction(async (result, cancellationToken) =>
        {
            VerbContext.RequireRoot("down");
            var names = result.GetValue(all) ? ClusterPaths.ExistingClusters() : [result.GetValue(name)!];
            foreach (var cluster in names)
            {
                await RemoveAsync(context, new ClusterPaths(cluster), result.GetValue(purge), cancellationToken);
            }
            return 0;
        });
        return command;
    }

    private static async Task RemoveAsync(VerbContext context, ClusterPaths paths, bool purge, CancellationToken cancellationToken)
    {
        if (ClusterConfig.Load(paths) is not { } config)
        {
            if (purge && Directory.Exists(paths.Root))
            {
                DeleteFolders(paths, purge);
                await context.Out.WriteLineAsync($"Removed what was left of cluster \"{paths.Name}\".");
                return;
            }
            await context.Out.WriteLineAsync($"There is no cluster \"{paths.Name}\".");
            return;
        }
        var steps = new Steps(context.Out, context.Terminal, context.Time);
        await StopVerb.StopAsync(context, steps, paths, config, cancellationToken);
        await steps.RunAsync("Removing files", () =>
        {
            KubeconfigEntry.Remove(paths, config);
            Cleanup.Unmount(paths.Root, paths.Run);
            foreach (var node in config.Nodes)
            {
                Cleanup.RemoveCgroups(paths.Node(node).Cgroup);
            }
            DeleteFolders(paths, purge);
            return Task.FromResult(purge ? "Files removed" : $"Files removed; pulled images stay in {paths.Node(config.Nodes[0]).ContainerdRoot} (--purge removes them)");
        });
        await context.Out.WriteLineAsync($"Cluster \"{paths.Name}\" is gone.");
    }

    private static void DeleteFolders(ClusterPaths paths, bool purge)
    {
        Cleanup.DeleteFolder(paths.Run);
        if (purge)
        {
            Cleanup.DeleteFolder(paths.Root);
        }
        else
        {
            foreach (var entry in Directory.EnumerateFileSystemEntries(paths.Root).Where(e => Path.GetFileName(e) != "containerd").ToList())
            {
                if (Directory.Exists(entry) && new DirectoryInfo(entry).LinkTarget is null)
                {
                    Cleanup.DeleteFolder(entry);
                }
                else
                {
                    File.Delete(entry);
                }
            }
        }
        foreach (var home in (string[])[ClusterPaths.RunHome, ClusterPaths.Home])
        {
            if (Directory.Exists(home) && !Directory.EnumerateFileSystemEntries(home).Any())
            {
                Directory.Delete(home);
            }
        }
    }
}
