namespace Kobune.EndToEnd.Harness;

/// <summary>A program at a terminal (a pseudo-terminal made by script(1)), and a person who types once the screen shows what they wait for.</summary>
internal sealed class Terminal : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Running _running;
    private int _read;

    public Terminal(string command, IReadOnlyDictionary<string, string> environment) =>
        _running = Shell.Start("script", ["--quiet", "--return", "--command", command, "/dev/null"], environment, typing: true);

    /// <summary>Waits until the text appears after what was seen before; returns what was shown until then.</summary>
    public async Task<string> SeeAsync(string text)
    {
        var all = await _running.Output.WaitForAsync(shown => shown.IndexOf(text, _read, StringComparison.Ordinal) >= 0, Patience);
        var end = all.IndexOf(text, _read, StringComparison.Ordinal) + text.Length;
        var seen = all[_read..end];
        _read = end;
        return seen;
    }

    public Task TypeAsync(string line) => _running.TypeAsync(line + "\n");

    /// <summary>Waits for the program's end; its exit code.</summary>
    public async Task<int> EndAsync()
    {
        await _running.WaitForExitAsync(Patience);
        return _running.ExitCode;
    }

    public void Dispose() => _running.Dispose();
}
