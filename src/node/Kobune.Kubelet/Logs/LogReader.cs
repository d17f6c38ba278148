using System.Buffers;
using System.Globalization;
using System.Text;

namespace Kobune.Kubelet.Logs;

/// <summary>
/// Reads a container's log. Following waits for the file system to tell of growth (inotify) and for the container to end; it does
/// not poll. A file that was rotated away is read to its end, then its successor from the start.
/// </summary>
internal sealed class LogReader(string path, LogOptions options, Stream output)
{
    private const int ChunkSize = 64 * 1024;
    private readonly string? _sinceText = options.Since is { } since ? since.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff", CultureInfo.InvariantCulture) : null;
    private long _left = options.LimitBytes ?? long.MaxValue;

    /// <param name="running">Whether the container still runs.</param>
    /// <param name="changed">A task that completes when that may have changed.</param>
    /// <param name="cancellation">The reader went away.</param>
    public async Task CopyAsync(Func<bool> running, Func<Task> changed, CancellationToken cancellation)
    {
        using var growth = new SemaphoreSlim(0, 1);
        using var watcher = options.Follow ? Watch(growth) : null;
        var file = Open();
        var rest = new ArrayBufferWriter<byte>();
        try
        {
            Seek(file);
            while (true)
            {
                // Asked before the reading: what a container wrote before it ended is then surely read.
                var change = options.Follow ? changed() : Task.CompletedTask;
                var alive = options.Follow && running();
                if (!await CopyToEndAsync(file, rest, cancellation))
                {
                    return;
                }

                await output.FlushAsync(cancellation);
                if (!options.Follow)
                {
                    return;
                }

                if (Rotated(file))
                {
                    await file.DisposeAsync();
                    file = Open();
                    rest.Clear();
                    continue;
                }

                if (!alive)
                {
                    return;
                }

                await Task.WhenAny(growth.WaitAsync(cancellation), change.WaitAsync(cancellation));
                cancellation.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            await file.DisposeAsync();
        }
    }

    private FileStream Open() => new(path, new FileStreamOptions
    {
        Mode = FileMode.Open,
        Access = FileAccess.Read,
        Share = FileShare.ReadWrite | FileShare.Delete,
        BufferSize = 0,
    });

    private FileSystemWatcher Watch(SemaphoreSlim growth)
    {
        var watcher = new FileSystemWatcher(Path.GetDirectoryName(path)!, Path.GetFileName(path))
        {
            NotifyFilter = NotifyFilters.LastWrite | NotifyFilters.Size | NotifyFilters.FileName,
        };
        watcher.Changed += (_, _) => Signal();
        watcher.Created += (_, _) => Signal();
        watcher.Renamed += (_, _) => Signal();
        watcher.EnableRaisingEvents = true;
        return watcher;

        void Signal()
        {
            try
            {
                if (growth.CurrentCount == 0)
                {
                    growth.Release();
                }
            }
            catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
            {
                // Signalled already, or nobody waits any more.
            }
        }
    }

    /// <summary>Goes to where the last <see cref="LogOptions.TailLines"/> begin, reading backwards.</summary>
    private void Seek(FileStream file)
    {
        if (options.TailLines is not { } wanted)
        {
            return;
        }

        var position = file.Length;
        if (wanted == 0)
        {
            file.Position = position;
            return;
        }

        var buffer = new byte[ChunkSize];
        var found = 0L;
        var last = position - 1;
        while (position > 0)
        {
            var size = (int)Math.Min(ChunkSize, position);
            position -= size;
            file.Position = position;
            file.ReadExactly(buffer, 0, size);
            for (var i = size - 1; i >= 0; i--)
            {
                if (buffer[i] == '\n' && position + i != last && ++found == wanted)
                {
                    file.Position = position + i + 1;
                    return;
                }
            }
        }

        file.Position = 0;
    }

    /// <summary>False when the limit of bytes is reached.</summary>
    private async Task<bool> CopyToEndAsync(FileStream file, ArrayBufferWriter<byte> rest, CancellationToken cancellation)
    {
        var line = new ArrayBufferWriter<byte>(ChunkSize);
        while (true)
        {
            var read = await file.ReadAsync(rest.GetMemory(ChunkSize), cancellation);
            if (read == 0)
            {
                return true;
            }

            rest.Advance(read);
            var consumed = Format(rest.WrittenSpan, line);
            if (line.WrittenCount > 0)
            {
                var count = (int)Math.Min(_left, line.WrittenCount);
                await output.WriteAsync(line.WrittenMemory[..count], cancellation);
                _left -= count;
                line.ResetWrittenCount();
            }

            if (_left <= 0)
            {
                return false;
            }

            var remaining = rest.WrittenSpan[consumed..].ToArray();
            rest.ResetWrittenCount();
            rest.Write(remaining);
        }
    }

    private int Format(ReadOnlySpan<byte> text, ArrayBufferWriter<byte> into)
    {
        var consumed = 0;
        while (true)
        {
            var end = text[consumed..].IndexOf((byte)'\n');
            if (end < 0)
            {
                return consumed;
            }

            var line = text.Slice(consumed, end);
            consumed += end + 1;
            if (!CriLogLine.TryParse(line, out var parsed) || !Wanted(parsed))
            {
                continue;
            }

            if (options.Timestamps)
            {
                into.Write(parsed.Time);
                into.Write(" "u8);
            }

            into.Write(parsed.Content);
            if (!parsed.Partial)
            {
                into.Write("\n"u8);
            }
        }
    }

    private bool Wanted(CriLogLine line)
    {
        if (options.Stream is { } stream && stream == "Stderr" != line.Stderr)
        {
            return false;
        }

        if (_sinceText is null)
        {
            return true;
        }

        // Runtimes write UTC or an offset; only the former compares as text.
        if (line.Time.EndsWith("Z"u8))
        {
            return string.CompareOrdinal(Encoding.ASCII.GetString(line.Time), _sinceText) >= 0;
        }

        return !DateTimeOffset.TryParse(Encoding.ASCII.GetString(line.Time), CultureInfo.InvariantCulture, out var time) || time >= options.Since;
    }

    private bool Rotated(FileStream file)
    {
        try
        {
            using var now = Open();
            return Native.FileStat.Inode(now.SafeFileHandle) != Native.FileStat.Inode(file.SafeFileHandle);
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }
}
