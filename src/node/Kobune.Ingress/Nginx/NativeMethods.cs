using System.Runtime.InteropServices;

namespace Kobune.Ingress.Nginx;

internal static partial class NativeMethods
{
    public const int SigHup = 1;
    public const int SigQuit = 3;
    public const int SigTerm = 15;

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int pid, int signal);
}
