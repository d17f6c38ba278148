using System.Diagnostics;
using Kobune.Cri.V1;

namespace Kobune.Cri.Containerd;

/// <summary>
/// Loads image archives (OCI layout or docker save, tar) where CRI sees them: namespace k8s.io. Done with containerd's
/// own ctr: its import over gRPC (the transfer service) does not exist before 1.7.
/// </summary>
public sealed class ImageImporter(ContainerdOptions options, ICriImages images, TimeProvider time)
{
    private static readonly TimeSpan VisibleWithin = TimeSpan.FromSeconds(10);

    /// <summary>Returns when CRI lists the images under the given names.</summary>
    /// <param name="archive">A file.</param>
    /// <param name="names">What the archive is known to contain; empty does not wait.</param>
    /// <param name="cancellation">Kills ctr.</param>
    /// <exception cref="ContainerdException">ctr failed, or a name did not appear.</exception>
    public async Task ImportAsync(string archive, IReadOnlyList<string> names, CancellationToken cancellation)
    {
        await RunCtrAsync(["images", "import", archive], cancellation).ConfigureAwait(false);
        foreach (string name in names)
            await WaitUntilVisibleAsync(name, cancellation).ConfigureAwait(false);
    }

    private async Task RunCtrAsync(string[] command, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(options.CtrBinary, ["-n", "k8s.io", "-a", options.Socket, .. command])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation);
            string error = await process.StandardError.ReadToEndAsync(cancellation).ConfigureAwait(false);
            await output.ConfigureAwait(false);
            await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
            if (process.ExitCode != 0)
                throw new ContainerdException($"ctr {string.Join(' ', command)} failed: {error.Trim()}");
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }

    // CRI learns of images that others imported from an event, a moment later.
    private async Task WaitUntilVisibleAsync(string name, CancellationToken cancellation)
    {
        long began = time.GetTimestamp();
        while (await images.ImageStatusAsync(new ImageSpec { Image = name }, cancellation).ConfigureAwait(false) is null)
        {
            if (time.GetElapsedTime(began) > VisibleWithin)
                throw new ContainerdException($"image {name} was imported but is not visible over CRI");
            await Task.Delay(TimeSpan.FromMilliseconds(5), time, cancellation).ConfigureAwait(false);
        }
    }
}
