using System.Globalization;
using Kobune.Kubelet.Native;

namespace Kobune.Kubelet.Volumes;

/// <summary>A file of a volume: its bytes, its mode, and whose it is (null: root's).</summary>
internal readonly record struct VolumeFile(byte[] Content, uint Mode, uint? Owner = null);

/// <summary>
/// Replaces all files of a directory at once. The files lie in a time-stamped directory; `..data` links to it and is swapped
/// by one rename; what users see are links through `..data`. A reader thus sees either the old set or the new one.
/// </summary>
internal static class AtomicWriter
{
    private const string DataLink = "..data";
    private const string NewDataLink = "..data_tmp";

    /// <summary>Returns false when the directory held exactly these files already.</summary>
    public static bool Write(string directory, IReadOnlyDictionary<string, VolumeFile> files, DateTimeOffset now, uint? group)
    {
        var dataLink = Path.Combine(directory, DataLink);
        var old = new FileInfo(dataLink).LinkTarget;
        if (old is not null && Same(Path.Combine(directory, old), files))
        {
            return false;
        }

        var stamp = NewName(directory, now);
        var target = Path.Combine(directory, stamp);
        Directory.CreateDirectory(target);
        Libc.Check(Libc.chmod(target, 0x1ED), "chmod"); // 0755
        foreach (var (path, file) in files)
        {
            WriteFile(target, path, file);
        }

        if (group is { } gid)
        {
            Ownership.Apply(target, gid, readOnly: true);
        }

        var temporary = Path.Combine(directory, NewDataLink);
        File.Delete(temporary);
        File.CreateSymbolicLink(temporary, stamp);
        Libc.Check(Libc.rename(temporary, dataLink), $"renaming {temporary}");
        LinkTopLevel(directory, files);
        if (old is not null && old != stamp)
        {
            Directory.Delete(Path.Combine(directory, old), recursive: true);
        }

        return true;
    }

    private static string NewName(string directory, DateTimeOffset now)
    {
        var name = ".." + now.UtcDateTime.ToString("yyyy_MM_dd_HH_mm_ss.", CultureInfo.InvariantCulture) + (now.UtcTicks % TimeSpan.TicksPerSecond * 100).ToString("D9", CultureInfo.InvariantCulture);
        // Two writes may fall on one tick of the clock.
        for (var i = 0; ; i++)
        {
            var candidate = i == 0 ? name : $"{name}{i}";
            if (!Directory.Exists(Path.Combine(directory, candidate)))
            {
                return candidate;
            }
        }
    }

    private static void WriteFile(string root, string path, VolumeFile file)
    {
        var full = Path.Combine(root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        using (var stream = new FileStream(full, FileMode.CreateNew, FileAccess.Write))
        {
            stream.Write(file.Content);
        }

        if (file.Owner is { } owner)
        {
            Libc.Check(Libc.lchown(full, owner, uint.MaxValue), $"chown {full}");
        }

        Libc.Check(Libc.chmod(full, file.Mode), $"chmod {full}");
    }

    private static void LinkTopLevel(string directory, IReadOnlyDictionary<string, VolumeFile> files)
    {
        var wanted = files.Keys.Select(k => k.Split('/')[0]).ToHashSet(StringComparer.Ordinal);
        foreach (var name in wanted)
        {
            var link = Path.Combine(directory, name);
            if (new FileInfo(link).LinkTarget is null)
            {
                File.CreateSymbolicLink(link, $"{DataLink}/{name}");
            }
        }

        foreach (var entry in new DirectoryInfo(directory).EnumerateFileSystemInfos())
        {
            if (entry.LinkTarget is { } target && target.StartsWith(DataLink + "/", StringComparison.Ordinal) && !wanted.Contains(entry.Name))
            {
                File.Delete(entry.FullName);
            }
        }
    }

    private static bool Same(string directory, IReadOnlyDictionary<string, VolumeFile> files)
    {
        if (!Directory.Exists(directory))
        {
            return false;
        }

        var present = Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).ToArray();
        return present.Length == files.Count && present.All(p =>
            files.TryGetValue(Path.GetRelativePath(directory, p), out var file) && File.ReadAllBytes(p).AsSpan().SequenceEqual(file.Content));
    }
}
