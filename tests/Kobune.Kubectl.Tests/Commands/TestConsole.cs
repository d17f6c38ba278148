using System.Text;
using Kobune.Kubectl.Terminal;

namespace Kobune.Kubectl.Tests.Commands;

/// <summary>A console that is no terminal and remembers what was written.</summary>
internal sealed class TestConsole(string input = "") : IKubectlConsole
{
    private readonly MemoryStream _out = new();
    private readonly MemoryStream _error = new();

    public Stream Input { get; } = new MemoryStream(Encoding.UTF8.GetBytes(input));
    public TextWriter Out => field ??= new StreamWriter(_out) { AutoFlush = true, NewLine = "\n" };
    public TextWriter Error => field ??= new StreamWriter(_error) { AutoFlush = true, NewLine = "\n" };
    public Stream OutStream => _out;
    public Stream ErrorStream => _error;
    public bool IsInputTerminal => false;
    public bool IsOutputTerminal => false;
    public (int Columns, int Rows)? WindowSize => null;
    public string Written => Encoding.UTF8.GetString(_out.ToArray());
    public string Complained => Encoding.UTF8.GetString(_error.ToArray());

    public IDisposable EnterRawMode() => new MemoryStream();

    public IDisposable OnResize(Action<(int Columns, int Rows)> changed) => new MemoryStream();
}
