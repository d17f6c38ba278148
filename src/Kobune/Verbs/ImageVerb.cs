using System.CommandLine;
using Kobune.Cluster;
using Kobune.Cri.Images;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kobune.Verbs;

/// <summary><c>kobune image load|ls</c>: the images that the node has.</summary>
internal static class ImageVerb
{
    public static Command Create(VerbContext context) => new("image", "Look at and load the nodes' images.")
    {
        Load(context),
        List(context),
    };

    private static Command Load(VerbContext context)
    {
        var name = VerbContext.NameOption();
        var files = new Argument<string[]>("FILE") { Description = "Image archives: docker save, skopeo copy docker-archive:, or OCI.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("load", "Import image archives into all nodes.") { name, files };
        command.SetAction(async (result, cancellationToken) =>
        {
            VerbContext.RequireRoot("image load");
            var paths = new ClusterPaths(result.GetValue(name)!);
            var config = Running(paths);
            foreach (var file in result.GetValue(files)!)
            {
                await LoadAsync(paths, config, file, cancellationToken);
                await context.Out.WriteLineAsync($"Imported {file}");
            }
            return 0;
        });
        return command;
    }

    private static Command List(VerbContext context)
    {
        var name = VerbContext.NameOption();
        var node = new Option<string?>("--node") { Description = "The node; the first one unless said." };
        var command = new Command("ls", "List a node's images.") { name, node };
        command.SetAction(async (result, cancellationToken) =>
        {
            VerbContext.RequireRoot("image ls");
            var paths = new ClusterPaths(result.GetValue(name)!);
            var config = Running(paths);
            using var containerd = ContainerRuntime.Create(paths, config, config.NodeNamed(result.GetValue(node) ?? config.NodeName), context.Time, NullLoggerFactory.Instance);
            var images = await containerd.Cri.ListImagesAsync(null, cancellationToken);
            var rows = images
                .SelectMany(i => i.RepoTags.DefaultIfEmpty("<none>").Select(tag => (Tag: tag, Id: i.Id, Size: (long)i.Size)))
                .OrderBy(r => r.Tag, StringComparer.Ordinal).ToList();
            var width = rows.Select(r => r.Tag.Length).DefaultIfEmpty().Max() + 3;
            await context.Out.WriteLineAsync($"{"IMAGE".PadRight(width)}{"ID",-16}SIZE");
            foreach (var (tag, id, size) in rows)
            {
                await context.Out.WriteLineAsync($"{tag.PadRight(width)}{ShortId(id),-16}{size / 1e6:0.0} MB");
            }
            return 0;
        });
        return command;
    }

    /// <summary>Imports an archive into all nodes, under the names that it carries.</summary>
    internal static async Task LoadAsync(ClusterPaths paths, ClusterConfig config, string file, CancellationToken cancellationToken)
    {
        if (!File.Exists(file))
        {
            throw new UserErrorException($"there is no image archive {file}");
        }
        foreach (var node in config.Nodes)
        {
            await LoadAsync(paths, config, node, file, cancellationToken);
        }
    }

    /// <summary>Imports an archive into one node.</summary>
    internal static async Task LoadAsync(ClusterPaths paths, ClusterConfig config, ClusterNode node, string file, CancellationToken cancellationToken)
    {
        using var containerd = ContainerRuntime.Create(paths, config, node, TimeProvider.System, NullLoggerFactory.Instance);
        await containerd.Importer.ImportAsync(file, [], cancellationToken);
    }

    private static ClusterConfig Running(ClusterPaths paths)
    {
        var config = ClusterConfig.Load(paths) ?? throw new UserErrorException($"there is no cluster \"{paths.Name}\"; make it with: kobune up --name {paths.Name}");
        return new DaemonProcess(paths, config, config.Nodes[0]).RunningPid() is null
            ? throw new UserErrorException($"cluster \"{paths.Name}\" is stopped; start it with: kobune up --name {paths.Name}")
            : config;
    }

    private static string ShortId(string id) => id.Replace("sha256:", "", StringComparison.Ordinal) is { Length: > 13 } hex ? hex[..13] : id;
}
