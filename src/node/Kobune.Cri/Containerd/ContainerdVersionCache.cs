namespace Kobune.Cri.Containerd;

/// <summary>
/// Asking containerd for its version starts a 50 MB binary, a noticeable part of our own start-up; so the answer is
/// kept beside its data, with the binary's size and time to notice an upgrade.
/// </summary>
internal static class ContainerdVersionCache
{
    internal static async Task<ContainerdVersion> GetAsync(ContainerdOptions options, CancellationToken cancellation)
    {
        string binary = Locate(options.ContainerdBinary)
            ?? throw new ContainerdException($"{options.ContainerdBinary} not found: install the package containerd");
        var info = new FileInfo(binary);
        string key = $"{binary} {info.Length} {info.LastWriteTimeUtc.Ticks}";
        string cache = Path.Combine(options.Root, "containerd.version");
        if (File.Exists(cache)
            && await File.ReadAllLinesAsync(cache, cancellation).ConfigureAwait(false) is [var known, var text]
            && known == key)
            return ContainerdVersion.Parse(text);

        ContainerdVersion version = await ContainerdVersion.DetectAsync(binary, cancellation).ConfigureAwait(false);
        Directory.CreateDirectory(options.Root);
        await File.WriteAllLinesAsync(cache, [key, $"containerd {version}.0"], cancellation).ConfigureAwait(false);
        return version;
    }

    /// <summary>The binary's path, or null; names without a slash are searched in PATH.</summary>
    internal static string? Locate(string binary)
    {
        if (binary.Contains('/'))
            return File.Exists(binary) ? binary : null;
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "/usr/sbin:/usr/bin:/sbin:/bin").Split(':');
        return folders.Select(f => Path.Combine(f, binary)).FirstOrDefault(File.Exists);
    }
}
