using System.Buffers.Binary;

namespace Kobune.Kubelet.Native;

internal enum FileKind
{
    Missing,
    Directory,
    File,
    Socket,
    CharDevice,
    BlockDevice,
    SymbolicLink,
    Other,
}

/// <summary>What lies at a path, by statx, whose buffer has the same layout everywhere.</summary>
internal readonly record struct FileStat(FileKind Kind, uint Mode, uint Uid, uint Gid)
{
    public static FileStat Of(string path, bool follow = true) =>
        Read(Libc.AtCurrentDirectory, path, follow ? 0 : Libc.AtSymlinkNoFollow);

    public static FileStat OfDescriptor(int fd) => Read(fd, "", Libc.AtEmptyPath);

    /// <summary>Tells files apart that had the same name.</summary>
    public static ulong Inode(Microsoft.Win32.SafeHandles.SafeFileHandle file)
    {
        Span<byte> buffer = stackalloc byte[256];
        return Libc.statx((int)file.DangerousGetHandle(), "", Libc.AtEmptyPath, 0x7ff, buffer) == 0 ? BinaryPrimitives.ReadUInt64LittleEndian(buffer[32..]) : 0;
    }

    private static FileStat Read(int directory, string path, int flags)
    {
        Span<byte> buffer = stackalloc byte[256];
        if (Libc.statx(directory, path, flags, 0x7ff, buffer) != 0)
        {
            return new FileStat(FileKind.Missing, 0, 0, 0);
        }

        var mode = BinaryPrimitives.ReadUInt16LittleEndian(buffer[28..]);
        var kind = (mode & 0xF000) switch
        {
            0x4000 => FileKind.Directory,
            0x8000 => FileKind.File,
            0xC000 => FileKind.Socket,
            0x2000 => FileKind.CharDevice,
            0x6000 => FileKind.BlockDevice,
            0xA000 => FileKind.SymbolicLink,
            _ => FileKind.Other,
        };
        return new FileStat(kind, (uint)(mode & 0xFFF), BinaryPrimitives.ReadUInt32LittleEndian(buffer[20..]), BinaryPrimitives.ReadUInt32LittleEndian(buffer[24..]));
    }
}
