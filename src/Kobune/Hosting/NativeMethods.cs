using System.Runtime.InteropServices;

namespace Kobune.Hosting;

internal static partial class NativeMethods
{
    public const int SigHup = 1;
    public const int SigTerm = 15;
    public const int SigKill = 9;

    /// <summary>umount2 flag: detach now, free when nobody uses it any more.</summary>
    public const int MountDetach = 2;

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUserId();

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unmount(string target, int flags);

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ChangeOwner(string path, uint user, uint group);
}
