using System.Diagnostics;
using System.Runtime.InteropServices;
using Kobune.Cri.Containerd;
using Kobune.Cri.V1;

namespace Kobune.Cri.Images;

/// <summary>The images that exist without any registry: the sandbox's own and a shell to look around with.</summary>
public static class BuiltInImages
{
    public const string Pause = "docker.io/kobune/pause:1";

    public const string Busybox = "docker.io/kobune/busybox:1";

    /// <summary>Where Debian's busybox-static puts its binary.</summary>
    public const string BusyboxBinary = "/bin/busybox";

    /// <summary>Imports what is not there yet. Without a busybox binary on this machine its image is left out.</summary>
    public static async Task EnsureAsync(ICriImages images, ImageImporter importer, string workDirectory, CancellationToken cancellation)
    {
        var archive = new ImageArchive();
        List<string> missing = [];
        if (await IsMissingAsync(images, Pause, cancellation).ConfigureAwait(false))
        {
            AddPause(archive);
            missing.Add(Pause);
        }
        if (File.Exists(BusyboxBinary) && await IsMissingAsync(images, Busybox, cancellation).ConfigureAwait(false))
        {
            await AddBusyboxAsync(archive, BusyboxBinary, cancellation).ConfigureAwait(false);
            missing.Add(Busybox);
        }
        if (missing.Count == 0)
            return;

        string file = Path.Combine(workDirectory, "built-in-images.tar");
        try
        {
            await using (FileStream output = File.Create(file))
                archive.Write(output);
            await importer.ImportAsync(file, missing, cancellation).ConfigureAwait(false);
        }
        finally
        {
            File.Delete(file);
        }
    }

    public static void AddPause(ImageArchive archive) => archive.Add(
        Pause,
        new ImageLayer().File("/pause", PauseProgram.Build(RuntimeInformation.ProcessArchitecture), ImageLayer.Executable),
        new ImageConfig { Entrypoint = ["/pause"], User = "65535:65535" });

    /// <param name="archive">Gets the image.</param>
    /// <param name="binary">A static busybox that runs on this machine: it is asked for its applets.</param>
    /// <param name="cancellation">Stops the asking.</param>
    public static async Task AddBusyboxAsync(ImageArchive archive, string binary, CancellationToken cancellation)
    {
        ImageLayer layer = new ImageLayer()
            .File("/bin/busybox", await File.ReadAllBytesAsync(binary, cancellation).ConfigureAwait(false), ImageLayer.Executable)
            .Text("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n")
            .Text("/etc/group", "root:x:0:\ndaemon:x:1:\nnogroup:x:65534:\n")
            .Directory("/root", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute)
            .Directory("/tmp", ImageLayer.WorldWritable)
            .Directory("/usr/bin")
            .Symlink("/usr/bin/env", "/bin/busybox");
        foreach (string applet in await AppletsAsync(binary, cancellation).ConfigureAwait(false))
            layer.Symlink("/bin/" + applet, "busybox");
        archive.Add(Busybox, layer, new ImageConfig { Cmd = ["sh"] });
    }

    private static async Task<IEnumerable<string>> AppletsAsync(string binary, CancellationToken cancellation)
    {
        using Process process = Process.Start(new ProcessStartInfo(binary, ["--list"]) { RedirectStandardOutput = true })!;
        string list = await process.StandardOutput.ReadToEndAsync(cancellation).ConfigureAwait(false);
        await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
        return list.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(a => a != "busybox");
    }

    private static async Task<bool> IsMissingAsync(ICriImages images, string name, CancellationToken cancellation) =>
        await images.ImageStatusAsync(new ImageSpec { Image = name }, cancellation).ConfigureAwait(false) is null;
}
