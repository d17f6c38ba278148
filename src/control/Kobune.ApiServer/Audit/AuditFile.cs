using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Kobune.ApiServer.Audit;

/// <summary>
/// Appends events to the log file, one line each, from one task. Its queue is bounded and a full queue makes requests wait:
/// an audit log that drops events under load would be worth nothing.
/// </summary>
internal sealed partial class AuditFile : IAsyncDisposable
{
    private const int QueueLength = 10_000;
    private readonly Channel<byte[]> lines = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(QueueLength) { SingleReader = true });
    private readonly AuditOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly Task writing;
    private Stream? file;
    private long length;

    public AuditFile(AuditOptions options, TimeProvider time, ILogger logger)
    {
        this.options = options;
        this.time = time;
        this.logger = logger;
        // Opened here, so that a wrong path ends the start and not the first request.
        Open();
        writing = WriteAsync();
    }

    public ValueTask WriteAsync(byte[] line, CancellationToken cancellationToken) => lines.Writer.WriteAsync(line, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        lines.Writer.TryComplete();
        await writing.ConfigureAwait(false);
        if (file is not null)
        {
            await file.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task WriteAsync()
    {
        while (await lines.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            try
            {
                while (lines.Reader.TryRead(out var line))
                {
                    if (length > 0 && length + line.Length > options.MaxBytes)
                    {
                        await RotateAsync().ConfigureAwait(false);
                    }

                    await file!.WriteAsync(line).ConfigureAwait(false);
                    length += line.Length;
                }

                await file!.FlushAsync().ConfigureAwait(false);
            }
            catch (IOException e)
            {
                LogFailed(e, options.Path);
            }
        }
    }

    private void Open()
    {
        if (options.Path == "-")
        {
            file = Console.OpenStandardOutput();
            return;
        }

        file = new FileStream(options.Path, new FileStreamOptions
        {
            Mode = FileMode.Append,
            Access = FileAccess.Write,
            Share = FileShare.Read,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        length = file.Length;
    }

    private async Task RotateAsync()
    {
        if (options.Path == "-")
        {
            length = 0;
            return;
        }

        await file!.DisposeAsync().ConfigureAwait(false);
        var now = time.GetUtcNow();
        var (folder, name, extension) = (Path.GetDirectoryName(Path.GetFullPath(options.Path))!, Path.GetFileNameWithoutExtension(options.Path), Path.GetExtension(options.Path));
        File.Move(options.Path, Path.Combine(folder, $"{name}-{now.ToString("yyyy-MM-ddTHH-mm-ss.fffffff", CultureInfo.InvariantCulture)}{extension}"), overwrite: true);
        // The time in the names sorts them by age.
        var backups = Directory.GetFiles(folder, $"{name}-*{extension}").OrderDescending(StringComparer.Ordinal).ToList();
        for (var i = 0; i < backups.Count; i++)
        {
            if ((options.MaxBackups > 0 && i >= options.MaxBackups) || (options.MaxAgeDays > 0 && File.GetLastWriteTimeUtc(backups[i]) < now.UtcDateTime.AddDays(-options.MaxAgeDays)))
            {
                File.Delete(backups[i]);
            }
        }

        Open();
    }

    [LoggerMessage(EventId = 3300, Level = LogLevel.Error, Message = "The audit log {Path} could not be written; events are lost.")]
    private partial void LogFailed(Exception exception, string path);
}
