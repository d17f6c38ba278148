using System.Text;

namespace Kobune.Kubelet.Logs;

/// <summary>The last lines of a log in CRI format, without stamps.</summary>
internal static class LogTail
{
    public static string Read(string path, int lines, int bytes)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            // Stamps and tags take about as much again as short lines do.
            stream.Seek(-Math.Min(stream.Length, bytes * 8L), SeekOrigin.End);
            using var reader = new StreamReader(stream, Encoding.UTF8);
            var kept = new Queue<string>();
            while (reader.ReadLine() is { } line)
            {
                if (CriLogLine.TryParse(Encoding.UTF8.GetBytes(line), out var parsed))
                {
                    kept.Enqueue(Encoding.UTF8.GetString(parsed.Content) + (parsed.Partial ? "" : "\n"));
                    if (kept.Count > lines)
                    {
                        kept.Dequeue();
                    }
                }
            }

            var text = string.Concat(kept);
            return text.Length > bytes ? text[^bytes..] : text;
        }
        catch (IOException)
        {
            return "";
        }
    }
}
