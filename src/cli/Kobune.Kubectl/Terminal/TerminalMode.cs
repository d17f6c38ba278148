using System.Runtime.InteropServices;

namespace Kobune.Kubectl.Terminal;

/// <summary>
/// Raw mode of the controlling terminal (termios(3)): no echo, no line editing, no signals from keys, so that Ctrl+C and
/// the arrow keys reach the remote program. Disposing restores what was.
/// </summary>
internal sealed partial class TerminalMode : IDisposable
{
    private const int SetAfterDrain = 1;
    private const ulong GetWindowSize = 0x5413;
    private readonly Termios _saved;
    private readonly bool _active;

    public TerminalMode()
    {
        if (tcgetattr(0, out _saved) != 0)
        {
            return;
        }

        var raw = _saved;
        cfmakeraw(ref raw);
        _active = tcsetattr(0, SetAfterDrain, in raw) == 0;
    }

    public static bool IsTerminal(int descriptor) => isatty(descriptor) == 1;

    public static (int Columns, int Rows)? WindowSize(int descriptor) =>
        ioctl(descriptor, GetWindowSize, out var size) == 0 && size.Columns > 0 ? (size.Columns, size.Rows) : null;

    public void Dispose()
    {
        if (_active)
        {
            _ = tcsetattr(0, SetAfterDrain, in _saved);
        }
    }

    [LibraryImport("libc")]
    private static partial int isatty(int descriptor);

    [LibraryImport("libc")]
    private static partial int tcgetattr(int descriptor, out Termios termios);

    [LibraryImport("libc")]
    private static partial int tcsetattr(int descriptor, int when, in Termios termios);

    [LibraryImport("libc")]
    private static partial void cfmakeraw(ref Termios termios);

    [LibraryImport("libc")]
    private static partial int ioctl(int descriptor, ulong request, out WinSize size);

    /// <summary>struct termios of Linux/glibc: four flag words, line discipline, 32 control characters, two speeds.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct Termios
    {
        public uint Input;
        public uint Output;
        public uint Control;
        public uint Local;
        public byte Line;
        public fixed byte Characters[32];
        public uint InputSpeed;
        public uint OutputSpeed;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct WinSize
    {
        public ushort Rows;
        public ushort Columns;
        public ushort X;
        public ushort Y;
    }
}
