using System.Text;
using Kobune.Kubelet.Logs;
using V1 = Kobune.Cri.V1;

namespace Kobune.Kubelet.Runtime;

/// <summary>What a container left as its last words: the message file (4 KiB), or the end of its log when it failed without any.</summary>
internal sealed class TerminationMessages
{
    private const int MaxFile = 4096;
    private const int MaxLog = 2048;
    private const int MaxLogLines = 80;

    public string Read(V1.ContainerStatus status)
    {
        var text = "";
        if (status.Annotations.TryGetValue(RuntimeLabels.MessageHostPath, out var path) && path.Length > 0)
        {
            text = Head(path);
        }

        var fallback = status.Annotations.TryGetValue(RuntimeLabels.MessagePolicy, out var policy) && policy == "FallbackToLogsOnError";
        if (text.Length == 0 && fallback && status.ExitCode != 0 && status.LogPath.Length > 0)
        {
            text = LogTail.Read(status.LogPath, MaxLogLines, MaxLog);
        }

        return text.Length > 0 ? text : status.Message;
    }

    private static string Head(string path)
    {
        try
        {
            // Opened without blocking: the container may have put a FIFO in the file's place only inside its own mount.
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var buffer = new byte[MaxFile];
            var length = stream.ReadAtLeast(buffer, MaxFile, throwOnEndOfStream: false);
            return Encoding.UTF8.GetString(buffer, 0, length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
