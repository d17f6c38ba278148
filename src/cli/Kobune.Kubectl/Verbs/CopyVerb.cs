using System.Formats.Tar;
using System.Text.Json.Nodes;
using Kobune.Client.Http;
using Kobune.Client.Streaming;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;
using Kobune.Kubectl.Streaming;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl cp: a tar stream through exec; the container needs a tar program.</summary>
internal static class CopyVerb
{
    public static readonly Command Definition = new("cp", "Copy files and directories to and from containers")
    {
        Usage = "<file-spec-src> <file-spec-dest>",
        Long = "Copy files and directories to and from containers. The container's image needs a tar program.",
        Examples = """
            # Into a pod
            kubectl cp ./settings.ini web:/etc/settings.ini

            # Out of a container of a pod in another namespace
            kubectl cp team-a/web:/var/log/app.log ./app.log -c app
            """,
        Flags = [Flag.Text("container", "The container.", 'c'), Flag.Bool("no-preserve", "Do not keep owner and mode."), Flag.Int("retries", "Not used: the stream is not resumed.", 0)],
        Run = RunAsync,
    };

    private sealed record Place(string? Pod, string Namespace, string Path);

    private static async Task<int> RunAsync(Invocation i)
    {
        if (i.Arguments.Count != 2)
        {
            throw CommandException.Usage(i, "source and destination are required");
        }

        var (from, to) = (Parse(i, i.Arguments[0]), Parse(i, i.Arguments[1]));
        if (from.Pod is not null && to.Pod is not null)
        {
            throw new CommandException("one of src or dest must be a local file specification");
        }

        if (from.Pod is null && to.Pod is null)
        {
            throw new CommandException("one of src or dest must be a remote file specification");
        }

        if (from.Path.Length == 0 || to.Path.Length == 0)
        {
            throw new CommandException("filepath can not be empty");
        }

        await (from.Pod is not null ? DownloadAsync(i, from, to.Path) : UploadAsync(i, from.Path, to)).ConfigureAwait(false);
        return 0;
    }

    private static Place Parse(Invocation i, string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || text.StartsWith('/') || text.StartsWith('.'))
        {
            return new Place(null, "", text);
        }

        var parts = text[..colon].Split('/');
        return parts.Length switch
        {
            1 => new Place(parts[0], i.Namespace, text[(colon + 1)..]),
            2 => new Place(parts[1], parts[0], text[(colon + 1)..]),
            _ => throw new CommandException("filespec must match the canonical format: [[namespace/]pod:]file/path"),
        };
    }

    private static async Task<string> PathAsync(Invocation i, Place place, params string[] command)
    {
        var pod = await i.Cluster.GetAsync(ApiPaths.Resource("", "v1", "pods", place.Namespace, place.Pod), i.Cancellation).ConfigureAwait(false);
        var container = i.Flags.TextOrNull("container") ?? PodResolver.DefaultContainer(i, pod);
        var path = ApiPaths.WithQuery(ApiPaths.Resource("", "v1", "pods", place.Namespace, place.Pod, "exec"), ("container", container));
        return command.Aggregate(path, (p, word) => ApiPaths.WithQuery(p, ("command", word)));
    }

    private static async Task UploadAsync(Invocation i, string local, Place to)
    {
        if (!File.Exists(local) && !Directory.Exists(local))
        {
            throw new CommandException($"{local} doesn't exist in local filesystem");
        }

        var isDirectory = to.Path.EndsWith('/') || await ExistsAsDirectoryAsync(i, to).ConfigureAwait(false);
        var target = isDirectory ? $"{to.Path.TrimEnd('/')}/{Path.GetFileName(Path.TrimEndingDirectorySeparator(local))}" : to.Path;
        var (parent, name) = (target[..Math.Max(target.LastIndexOf('/'), 0)], target[(target.LastIndexOf('/') + 1)..]);
        using var archive = new MemoryStream();
        await using (var writer = new TarWriter(archive, leaveOpen: true))
        {
            await AddAsync(writer, local, name, i.Cancellation).ConfigureAwait(false);
        }

        archive.Position = 0;
        var command = new List<string> { "tar", "-xmf", "-" };
        if (i.Flags.Bool("no-preserve"))
        {
            command.AddRange(["--no-same-permissions", "--no-same-owner"]);
        }

        if (target.Contains('/', StringComparison.Ordinal))
        {
            command.AddRange(["-C", parent.Length == 0 ? "/" : parent]);
        }

        await RemoteSession.PipeAsync(i, await PathAsync(i, to, [.. command]).ConfigureAwait(false), archive, null).ConfigureAwait(false);
    }

    private static async Task AddAsync(TarWriter writer, string local, string name, CancellationToken cancellation)
    {
        await writer.WriteEntryAsync(local, name, cancellation).ConfigureAwait(false);
        if (!Directory.Exists(local) || File.ResolveLinkTarget(local, false) is not null)
        {
            return;
        }

        foreach (var child in Directory.EnumerateFileSystemEntries(local))
        {
            await AddAsync(writer, child, $"{name}/{Path.GetFileName(child)}", cancellation).ConfigureAwait(false);
        }
    }

    private static async Task<bool> ExistsAsDirectoryAsync(Invocation i, Place place)
    {
        try
        {
            await RemoteSession.PipeAsync(i, await PathAsync(i, place, "test", "-d", place.Path).ConfigureAwait(false), null, Stream.Null).ConfigureAwait(false);
            return true;
        }
        catch (CommandException)
        {
            return false;
        }
    }

    private static async Task DownloadAsync(Invocation i, Place from, string local)
    {
        using var archive = new MemoryStream();
        await RemoteSession.PipeAsync(i, await PathAsync(i, from, "tar", "cf", "-", from.Path).ConfigureAwait(false), null, archive).ConfigureAwait(false);
        archive.Position = 0;
        var prefix = from.Path.TrimStart('/').TrimEnd('/');
        var root = Directory.Exists(local) ? Path.Combine(local, Path.GetFileName(prefix)) : local;
        await using var reader = new TarReader(archive);
        while (await reader.GetNextEntryAsync(cancellationToken: i.Cancellation).ConfigureAwait(false) is { } entry)
        {
            var relative = entry.Name.TrimEnd('/') is var n && n.StartsWith(prefix, StringComparison.Ordinal) ? n[prefix.Length..].TrimStart('/') : n;
            await ExtractAsync(i, entry, root, relative).ConfigureAwait(false);
        }
    }

    /// <summary>Never outside of the target: the archive comes from a container that may be hostile.</summary>
    private static async Task ExtractAsync(Invocation i, TarEntry entry, string root, string relative)
    {
        var full = Path.GetFullPath(relative.Length == 0 ? root : Path.Combine(root, relative));
        var top = Path.GetFullPath(root);
        if (full != top && !full.StartsWith(top + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            i.Error.WriteLine($"warning: file {GoText.Quote(entry.Name)} is outside target destination, skipping");
            return;
        }

        switch (entry.EntryType)
        {
            case TarEntryType.Directory:
                Directory.CreateDirectory(full);
                break;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile:
                Directory.CreateDirectory(Path.GetDirectoryName(full)!);
                await entry.ExtractToFileAsync(full, overwrite: true, i.Cancellation).ConfigureAwait(false);
                break;
            default:
                i.Error.WriteLine($"warning: skipping symlink: {GoText.Quote(full)} -> {GoText.Quote(entry.LinkName)} (consider using \"kubectl exec -n {i.Namespace} POD -- tar cf - PATH | tar xf -\")");
                break;
        }
    }
}
