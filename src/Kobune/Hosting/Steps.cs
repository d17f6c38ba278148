namespace Kobune.Hosting;

/// <summary>Shows what is being done, and how long it took, one line a step. On a terminal the running step is shown too.</summary>
internal sealed class Steps(TextWriter output, bool terminal, TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    public TimeSpan Elapsed => time.GetElapsedTime(_start);

    public async Task<T> RunAsync<T>(string running, Func<Task<(T Value, string Done)>> action)
    {
        var start = time.GetTimestamp();
        Begin(running);
        try
        {
            var (value, done) = await action();
            End(done, time.GetElapsedTime(start));
            return value;
        }
        catch
        {
            Fail(running);
            throw;
        }
    }

    public Task RunAsync(string running, Func<Task<string>> action) =>
        RunAsync(running, async () => (0, await action()));

    public void Begin(string running)
    {
        if (terminal)
        {
            output.Write($"\r\e[K  … {running}");
            output.Flush();
        }
    }

    public void End(string done, TimeSpan took) =>
        output.WriteLine($"{(terminal ? "\r\e[K" : "")}  ✓ {done}{(took.TotalMilliseconds < 10 ? "" : $"  ({took.TotalSeconds:0.00} s)")}");

    public void Fail(string what) => output.WriteLine($"{(terminal ? "\r\e[K" : "")}  ✗ {what}");
}
