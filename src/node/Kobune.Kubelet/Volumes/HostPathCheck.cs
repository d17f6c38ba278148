using Kobune.Kubelet.Native;

namespace Kobune.Kubelet.Volumes;

/// <summary>hostPath types: what must be there, or is made.</summary>
internal static class HostPathCheck
{
    /// <returns>The problem in upstream's words, or null.</returns>
    public static string? Ensure(string path, string? type)
    {
        var kind = FileStat.Of(path).Kind;
        switch (type)
        {
            case null or "":
                return null;
            case "DirectoryOrCreate":
                if (kind == FileKind.Missing)
                {
                    Directory.CreateDirectory(path);
                    Libc.Check(Libc.chmod(path, 0x1ED), $"chmod {path}"); // 0755
                    return null;
                }

                return Must(kind == FileKind.Directory, path, "directory");
            case "Directory":
                return Must(kind == FileKind.Directory, path, "directory");
            case "FileOrCreate":
                if (kind == FileKind.Missing)
                {
                    File.WriteAllBytes(path, []);
                    Libc.Check(Libc.chmod(path, 0x1A4), $"chmod {path}"); // 0644
                    return null;
                }

                return Must(kind == FileKind.File, path, "file");
            case "File":
                return Must(kind == FileKind.File, path, "file");
            case "Socket":
                return Must(kind == FileKind.Socket, path, "socket file");
            case "CharDevice":
                return Must(kind == FileKind.CharDevice, path, "character device");
            case "BlockDevice":
                return Must(kind == FileKind.BlockDevice, path, "block device");
            default:
                return $"{type} is an invalid volume type";
        }
    }

    private static string? Must(bool ok, string path, string what) => ok ? null : $"hostPath type check failed: {path} is not a {what}";
}
