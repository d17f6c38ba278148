namespace Kobune.Kubelet.Native;

/// <summary>Bytes and inodes of the file system that a path is on (statvfs).</summary>
internal readonly record struct FileSystemSpace(long TotalBytes, long FreeBytes, long AvailableBytes, long TotalInodes, long FreeInodes)
{
    public static unsafe FileSystemSpace Of(string path)
    {
        // struct statvfs on 64-bit Linux: f_bsize, f_frsize, f_blocks, f_bfree, f_bavail, f_files, f_ffree, … as longs.
        var fields = stackalloc long[32];
        return Libc.statvfs(path, (nint)fields) == 0
            ? new FileSystemSpace(fields[2] * fields[1], fields[3] * fields[1], fields[4] * fields[1], fields[5], fields[6])
            : default;
    }
}
