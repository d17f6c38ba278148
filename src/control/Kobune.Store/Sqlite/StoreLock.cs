namespace Kobune.Store.Sqlite;

/// <summary>
/// An exclusive lock for the life of the process. SQLite itself would let a second process in, whose index in memory
/// would then know nothing of our writes.
/// </summary>
internal sealed class StoreLock : IDisposable
{
    private readonly FileStream _file;

    public StoreLock(string databasePath)
    {
        try
        {
            // FileShare.None is flock(LOCK_EX) here; the kernel lets go when the process dies, however it dies.
            _file = PrivateFile.Open(databasePath + ".lock", FileShare.None);
        }
        catch (IOException e) when (e is not DirectoryNotFoundException and not FileNotFoundException)
        {
            throw new StoreOpenException($"the store {databasePath} is in use by another process", e);
        }
    }

    public void Dispose() => _file.Dispose();
}
