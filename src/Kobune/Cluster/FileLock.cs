namespace Kobune.Cluster;

/// <summary>An exclusive lock on a file, held as long as the process that took it lives (flock).</summary>
internal sealed class FileLock : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly FileStream _stream;

    private FileLock(FileStream stream) => _stream = stream;

    /// <summary>Takes the lock, or returns null when another process has it.</summary>
    public static FileLock? TryTake(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        try
        {
            // FileShare.None is an flock(LOCK_EX) on Linux.
            return new FileLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Takes the lock as soon as it is free. For what takes moments only.</summary>
    /// <exception cref="UserErrorException">Another process has it for longer than ten seconds.</exception>
    public static FileLock Wait(string path)
    {
        FileLock? taken = null;
        return SpinWait.SpinUntil(() => (taken = TryTake(path)) is not null, Patience)
            ? taken!
            : throw new UserErrorException($"{path} is locked by another kobune");
    }

    public void Dispose() => _stream.Dispose();
}
