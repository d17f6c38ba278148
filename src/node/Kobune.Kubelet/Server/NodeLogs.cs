using Microsoft.AspNetCore.Http;

namespace Kobune.Kubelet.Server;

/// <summary>/logs/: the node's log directory, files as they are and directories as a list of links.</summary>
internal static class NodeLogs
{
    public static async Task WriteAsync(HttpContext context, string root, string path)
    {
        var full = Path.GetFullPath(Path.Combine(root, path));
        // Neither ".." nor a link that a Pod put there may lead out.
        if (!Inside(root, full) || !Inside(root, Resolve(full)))
        {
            throw new HttpFailure(404, "404 page not found");
        }

        if (Directory.Exists(full))
        {
            context.Response.ContentType = "text/html; charset=utf-8";
            var names = Directory.EnumerateFileSystemEntries(full).Order(StringComparer.Ordinal).Select(e => Path.GetFileName(e) + (Directory.Exists(e) ? "/" : ""));
            var lines = names.Select(n => $"<a href=\"{Uri.EscapeDataString(n).Replace("%2F", "/", StringComparison.Ordinal)}\">{System.Net.WebUtility.HtmlEncode(n)}</a>\n");
            await context.Response.WriteAsync($"<!doctype html>\n<meta name=\"viewport\" content=\"width=device-width\">\n<pre>\n{string.Concat(lines)}</pre>\n", context.RequestAborted);
            return;
        }

        if (!File.Exists(full))
        {
            throw new HttpFailure(404, "404 page not found");
        }

        context.Response.ContentType = "text/plain; charset=utf-8";
        await using var file = new FileStream(full, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        await file.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private static bool Inside(string root, string path) => path == root || path.StartsWith(root + "/", StringComparison.Ordinal);

    private static string Resolve(string path)
    {
        FileSystemInfo info = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
        return info.Exists ? info.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path : path;
    }
}
