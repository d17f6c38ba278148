using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Kobune.Kubectl.Terminal;

/// <summary>The process's own standard streams and terminal.</summary>
public sealed class SystemConsole : IKubectlConsole
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);
    private Stream? _input;

    public SystemConsole()
    {
        OutStream = Console.OpenStandardOutput();
        ErrorStream = Console.OpenStandardError();
        Out = new StreamWriter(OutStream, Utf8, 4096) { AutoFlush = false, NewLine = "\n" };
        Error = new StreamWriter(ErrorStream, Utf8, 1024) { AutoFlush = true, NewLine = "\n" };
    }

    // Not Console.OpenStandardInput: on a terminal that reads lines with an editor of its own, and sends the terminal
    // control sequences that end up in the output.
    public Stream Input => _input ??= new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0);

    public TextWriter Out { get; }

    public TextWriter Error { get; }

    public Stream OutStream { get; }

    public Stream ErrorStream { get; }

    public bool IsInputTerminal => TerminalMode.IsTerminal(0);

    public bool IsOutputTerminal => TerminalMode.IsTerminal(1);

    public (int Columns, int Rows)? WindowSize => TerminalMode.WindowSize(1) ?? TerminalMode.WindowSize(0);

    public IDisposable EnterRawMode() => new TerminalMode();

    public IDisposable OnResize(Action<(int Columns, int Rows)> changed) =>
        PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ =>
        {
            if (WindowSize is { } size)
            {
                changed(size);
            }
        });
}
