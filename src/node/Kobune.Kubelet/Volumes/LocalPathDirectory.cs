using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Kubelet.Native;
using Kobune.Runtime;
using Microsoft.Extensions.Logging;

namespace Kobune.Kubelet.Volumes;

/// <summary>
/// This node's part of the built-in storage (the controller LocalPathProvisioner has the other): says on the Node where its
/// volumes are, makes their directories, and deletes those that it is asked to. Requests are annotations of the own Node, for
/// that is what a node may read and write; they name volumes, never paths, so nothing else can be deleted through them.
/// </summary>
internal sealed partial class LocalPathDirectory(IKubeClient client, KubeletOptions options, ILogger<LocalPathDirectory> logger)
{
    private const string Provisioner = "kobune.dev/local-path";
    private const string DirectoryAnnotation = "kobune.dev/local-path";
    private const string RequestPrefix = "local-path.kobune.dev/";

    private string Root => Path.Combine(options.RootDirectory, "local-path");

    /// <summary>Makes the volume's directory when the volume is one of ours. Anyone may write to it, as to an emptyDir.</summary>
    public void Ensure(PersistentVolume volume)
    {
        if (volume.Metadata.Annotation("pv.kubernetes.io/provisioned-by") == Provisioner && volume.Spec.Local?.Path is { } path
            && Path.GetDirectoryName(path) is { } root && !Directory.Exists(path))
        {
            Directory.CreateDirectory(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            Directory.CreateDirectory(path);
            Libc.Check(Libc.chmod(path, 0x1FF), $"chmod {path}"); // 0777
        }
    }

    /// <summary>Serves requests until cancelled.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var queue = new WorkQueue<ObjectKey>("local-path", options.Time);
        var nodes = new Informer<Node>(client, new Selection(Node.Info, FieldSelector: "metadata.name=" + options.NodeName), options.Time, logger);
        nodes.AddHandler(change => queue.Add(change.Key));
        var loop = new ControllerLoop<ObjectKey>(queue, (key, ct) => nodes.Get(key) is { } node ? ServeAsync(node, ct) : Task.CompletedTask, 1, logger);
        await Task.WhenAll(nodes.RunAsync(stopping), loop.RunAsync(stopping));
    }

    private async Task ServeAsync(Node node, CancellationToken cancellation)
    {
        if (node.Metadata.Annotation(DirectoryAnnotation) != Root)
        {
            await AnnotateAsync(DirectoryAnnotation, Root, cancellation);
        }

        foreach (var (key, value) in node.Metadata.Annotations.ToArray())
        {
            if (value == "remove" && key.StartsWith(RequestPrefix, StringComparison.Ordinal))
            {
                Remove(key[RequestPrefix.Length..]);
                await AnnotateAsync(key, "removed", cancellation);
            }
        }
    }

    private void Remove(string volume)
    {
        // The name of an object is a single step of a path; whatever else this is, it is not a volume.
        if (volume.Contains('/', StringComparison.Ordinal) || volume.StartsWith('.'))
        {
            LogStrange(logger, volume);
            return;
        }

        var path = Path.Combine(Root, volume);
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
            LogRemoved(logger, path);
        }
    }

    private async Task AnnotateAsync(string key, string value, CancellationToken cancellation)
    {
        var body = $$"""{"metadata": {"annotations": {"{{key}}": "{{value}}" } } }""";
        await client.PatchAsync<Node>(null, options.NodeName, PatchKind.Merge, body, cancellationToken: cancellation);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The volume directory {Path} was deleted with its volume")]
    private static partial void LogRemoved(ILogger logger, string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Asked to remove {Volume}, which is no name of a volume")]
    private static partial void LogStrange(ILogger logger, string volume);
}
