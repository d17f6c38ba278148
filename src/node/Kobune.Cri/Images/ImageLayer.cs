using System.Formats.Tar;

namespace Kobune.Cri.Images;

/// <summary>
/// One file-system layer under construction. Times are the epoch and owners are root, so equal contents have equal
/// digests. Parents of files must be added before them if they need a mode other than 0755.
/// </summary>
public sealed class ImageLayer
{
    private readonly SortedDictionary<string, TarEntry> _entries = new(StringComparer.Ordinal);

    /// <param name="path">Absolute path inside the image.</param>
    /// <param name="content">The bytes.</param>
    /// <param name="mode">Permission bits, as in 0755.</param>
    public ImageLayer File(string path, byte[] content, UnixFileMode mode = DefaultFileMode)
    {
        Add(path, new PaxTarEntry(TarEntryType.RegularFile, Name(path)) { DataStream = new MemoryStream(content, writable: false) }, mode);
        return this;
    }

    public ImageLayer Text(string path, string content) => File(path, System.Text.Encoding.UTF8.GetBytes(content));

    public ImageLayer Directory(string path, UnixFileMode mode = DefaultDirectoryMode)
    {
        Add(path, new PaxTarEntry(TarEntryType.Directory, Name(path) + "/"), mode);
        return this;
    }

    public ImageLayer Symlink(string path, string target)
    {
        Add(path, new PaxTarEntry(TarEntryType.SymbolicLink, Name(path)) { LinkName = target }, AllBits);
        return this;
    }

    public const UnixFileMode DefaultFileMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    public const UnixFileMode DefaultDirectoryMode = Executable;

    /// <summary>0755.</summary>
    public const UnixFileMode Executable = DefaultFileMode | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>1777, as /tmp has.</summary>
    public const UnixFileMode WorldWritable = AllBits | UnixFileMode.StickyBit;

    private const UnixFileMode AllBits = Executable | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    internal byte[] ToTar()
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (TarEntry entry in _entries.Values)
                writer.WriteEntry(entry);
        }
        return tar.ToArray();
    }

    private void Add(string path, PaxTarEntry entry, UnixFileMode mode)
    {
        string name = Name(path);
        for (int slash = name.IndexOf('/'); slash > 0; slash = name.IndexOf('/', slash + 1))
        {
            if (!_entries.ContainsKey(name[..slash]))
                Directory(name[..slash]);
        }
        entry.Mode = mode;
        entry.ModificationTime = DateTimeOffset.UnixEpoch;
        _entries[name] = entry;
    }

    private static string Name(string path) => path.Trim('/');
}
