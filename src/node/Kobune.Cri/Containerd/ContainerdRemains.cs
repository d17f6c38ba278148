using Microsoft.Extensions.Logging;

namespace Kobune.Cri.Containerd;

/// <summary>What a daemon leaves behind when it is gone: shims that it could not stop, mounts, sockets, directories.</summary>
internal static class ContainerdRemains
{
    // Shims listen here whatever "state" says (containerd 1.x and 2.x); their bundles name the exact file.
    private const string ShimSockets = "/run/containerd/s";

    internal static async Task RemoveAsync(ContainerdOptions options, bool keepImages, TimeProvider time, ILogger logger, CancellationToken cancellation)
    {
        await KillShimsAsync(options, time, logger, cancellation).ConfigureAwait(false);
        DeleteShimSockets(options);
        foreach (string folder in (string[])[options.State, options.Root])
        {
            MountTable.UnmountBelow(folder);
            bool kept = keepImages && folder == options.Root;
            if (!kept && Directory.Exists(folder) && MountTable.Below(folder).Count == 0)
                Directory.Delete(folder, recursive: true);
        }
        foreach (string file in (string[])[options.Socket, options.Socket + ".ttrpc", options.ConfigFile])
            DeleteIfPresent(file);
        DeleteIfEmpty(ShimSockets);
        DeleteIfEmpty("/run/containerd");
    }

    private static async Task KillShimsAsync(ContainerdOptions options, TimeProvider time, ILogger logger, CancellationToken cancellation)
    {
        for (int attempt = 0; attempt < 50; attempt++)
        {
            List<int> shims = [.. ProcFs.FindByArguments("-address", options.Socket).Where(ProcFs.IsAlive)];
            if (shims.Count == 0)
                return;
            // The shim of a removed sandbox exits by itself a moment later; only then is force needed.
            if (attempt >= 10)
                shims.ForEach(shim => KillWithChildren(shim, logger));
            await Task.Delay(TimeSpan.FromMilliseconds(20), time, cancellation).ConfigureAwait(false);
        }
    }

    // Containers are children of their shim, and would be handed to init when it dies.
    private static void KillWithChildren(int shim, ILogger logger)
    {
        logger.KillingShim(shim);
        foreach (int child in ProcFs.Children(shim))
            ProcFs.Kill(child, ProcFs.SigKill);
        ProcFs.Kill(shim, ProcFs.SigKill);
    }

    private static void DeleteShimSockets(ContainerdOptions options)
    {
        string tasks = Path.Combine(options.State, "io.containerd.runtime.v2.task");
        if (!Directory.Exists(tasks))
            return;
        foreach (string ns in Directory.EnumerateDirectories(tasks))
        {
            foreach (string bundle in Directory.EnumerateDirectories(ns))
            {
                string address = Path.Combine(bundle, "address");
                if (File.Exists(address) && File.ReadAllText(address).Trim() is var url && url.StartsWith("unix://" + ShimSockets + "/", StringComparison.Ordinal))
                    File.Delete(url["unix://".Length..]);
            }
        }
    }

    // File.Delete minds a missing folder, though not a missing file.
    private static void DeleteIfPresent(string file)
    {
        if (File.Exists(file))
            File.Delete(file);
    }

    private static void DeleteIfEmpty(string folder)
    {
        try
        {
            Directory.Delete(folder);
        }
        catch (IOException)
        {
            // Absent, or in use by another containerd.
        }
    }
}
