namespace Kobune.Kubectl.Terminal;

/// <summary>The terminal that a command talks to, or whatever stands in for it in a test.</summary>
public interface IKubectlConsole
{
    Stream Input { get; }

    TextWriter Out { get; }

    TextWriter Error { get; }

    /// <summary>The bytes under <see cref="Out"/>, for output that is not text (exec, cp). Flush <see cref="Out"/> before using it.</summary>
    Stream OutStream { get; }

    Stream ErrorStream { get; }

    bool IsInputTerminal { get; }

    bool IsOutputTerminal { get; }

    /// <summary>Columns and rows; null when there is no terminal.</summary>
    (int Columns, int Rows)? WindowSize { get; }

    /// <summary>Hands every key to the program, unechoed, until disposed.</summary>
    IDisposable EnterRawMode();

    /// <summary>Calls back after each change of the window's size, until disposed.</summary>
    IDisposable OnResize(Action<(int Columns, int Rows)> changed);
}
