namespace Kobune.Hosting;

/// <summary>Tells whoever started this process how far it is (see <see cref="Progress"/>). Writing to a reader that is gone is no error.</summary>
internal sealed class StartupReport(TextWriter output, TimeProvider time)
{
    private readonly Lock _lock = new();

    public async Task<T> StepAsync<T>(string running, string done, Func<Task<T>> action)
    {
        Write(Progress.Begin(running));
        var start = time.GetTimestamp();
        var result = await action();
        Write(Progress.End(done, time.GetElapsedTime(start)));
        return result;
    }

    public Task StepAsync(string running, string done, Func<Task> action) => StepAsync(running, done, async () =>
    {
        await action();
        return true;
    });

    public void Ready() => Write(Progress.Ready);

    public void Failed(string why) => Write(Progress.Failed(why));

    private void Write(string line)
    {
        lock (_lock)
        {
            try
            {
                output.WriteLine(line);
                output.Flush();
            }
            catch (IOException)
            {
                // Nobody reads any more.
            }
        }
    }
}
