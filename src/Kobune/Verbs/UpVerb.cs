using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Kobune.Cluster;
using Kobune.Hosting;
using Kobune.Proxy;

namespace Kobune.Verbs;

/// <summary><c>kobune up</c>: makes the cluster, or starts it again, and waits until it is Ready.</summary>
internal static class UpVerb
{
    public static Command Create(VerbContext context)
    {
        var name = VerbContext.NameOption();
        var foreground = new Option<bool>("--foreground") { Description = "Stay in the foreground; Ctrl-C stops Kobune (containers go on)." };
        var archives = new Option<string[]>("--image-archive") { Description = "An image archive (docker save, skopeo, OCI) to import before the first Pod; may be repeated.", AllowMultipleArgumentsPerToken = false };
        var mirror = new Option<string?>("--registry-mirror") { Description = "A registry that is asked for every image, e.g. http://host.kobune.internal:5000 (the host as the node sees it)." };
        var isolated = new Option<bool>("--isolated") { Description = "No route out of the node's network: nothing leaves this machine." };
        var proxy = new Option<ProxyMode?>("--proxy-mode") { Description = "How Services come into the kernel: nftables (default) or iptables." };
        var command = new Command("up", "Make the cluster, or start it again, and wait until its node is Ready.") { name, foreground, archives, mirror, isolated, proxy };
        var flags = new ApiServerFlags();
        flags.All.ToList().ForEach(command.Options.Add);
        command.SetAction(async (result, cancellationToken) =>
        {
            VerbContext.RequireRoot("up");
            var paths = new ClusterPaths(result.GetValue(name)!);
            return await RunAsync(context, paths, new UpOptions(
                result.GetValue(foreground), result.GetValue(archives) ?? [], result.GetValue(mirror), result.GetValue(isolated), result.GetValue(proxy),
                flags.AnyIn(result) ? flags.Read(result) : null), cancellationToken);
        });
        return command;
    }

    private sealed record UpOptions(bool Foreground, IReadOnlyList<string> Archives, string? Mirror, bool Isolated, ProxyMode? Proxy, Hosting.ApiServerSettings? ApiServer);

    private static async Task<int> RunAsync(VerbContext context, ClusterPaths paths, UpOptions options, CancellationToken cancellationToken)
    {
        var missingArchive = options.Archives.FirstOrDefault(a => !File.Exists(a));
        if (missingArchive is not null)
        {
            throw new UserErrorException($"there is no image archive {missingArchive}");
        }
        var steps = new Steps(context.Out, context.Terminal, context.Time);
        var daemon = new DaemonProcess(paths);
        var config = LoadOrCreate(paths, options);
        if (daemon.RunningPid() is { } pid)
        {
            await context.Out.WriteLineAsync($"Cluster \"{paths.Name}\" is up already (process {pid}).");
        }
        else
        {
            await PrepareAsync(steps, paths, config, cancellationToken);
            if (options.Foreground)
            {
                return await RunForegroundAsync(context, daemon, config, cancellationToken);
            }
            using var process = daemon.Start(config);
            await FollowAsync(steps, process, paths, cancellationToken);
        }
        await ImportAsync(steps, paths, config, options.Archives, cancellationToken);
        var kubeconfig = KubeconfigEntry.Write(paths, config);
        await PrintNextAsync(context, steps, config, kubeconfig);
        return 0;
    }

    private static ClusterConfig LoadOrCreate(ClusterPaths paths, UpOptions options)
    {
        var existing = ClusterConfig.Load(paths);
        var config = existing ?? new ClusterConfig { Name = paths.Name, Index = ClusterConfig.FreeIndex(), Isolated = options.Isolated };
        if (options.Mirror is { } mirror)
        {
            if (!Uri.TryCreate(mirror, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            {
                throw new UserErrorException($"\"{mirror}\" is no registry URL; it looks like http://host.kobune.internal:5000");
            }
            config = config with { RegistryMirror = mirror };
        }
        if (options.ApiServer is { } apiServer)
        {
            // Kept, so that a restart without flags goes on with them.
            config = config with { ApiServer = apiServer };
        }
        if (options.Isolated && existing is { Isolated: false })
        {
            throw new UserErrorException($"cluster \"{paths.Name}\" was made with a route to the outside; to isolate it, remove it first: kobune down --name {paths.Name}");
        }
        if (options.Proxy is { } mode)
        {
            config = config with { ProxyMode = mode };
        }
        config.Save(paths);
        return config;
    }

    private static async Task PrepareAsync(Steps steps, ClusterPaths paths, ClusterConfig config, CancellationToken cancellationToken)
    {
        if (Prerequisites.Missing() is { Count: > 0 } missing)
        {
            await steps.RunAsync($"Installing {string.Join(", ", missing)}", async () =>
            {
                await Prerequisites.InstallAsync(missing, cancellationToken);
                return $"Installed {string.Join(", ", missing)}";
            });
        }
        foreach (var addon in Addons.AddonCatalog.All.Where(a => a.IsEnabled(config)))
        {
            await AddonsVerb.InstallAsync(steps, addon, cancellationToken);
        }
        await steps.RunAsync("Preparing the node's network", async () =>
        {
            await new NodeNetwork(config).EnsureAsync(paths, cancellationToken);
            return $"Node network {config.NodeCidr} in namespace {config.NetworkNamespace}";
        });
    }

    private static async Task<int> RunForegroundAsync(VerbContext context, DaemonProcess daemon, ClusterConfig config, CancellationToken cancellationToken)
    {
        await context.Out.WriteLineAsync($"Running in the foreground; the API is at {config.ApiUrl}. Ctrl-C stops Kobune, containers go on.");
        using var process = daemon.StartForeground(config);
        using var stop = cancellationToken.Register(() => _ = NativeMethods.Kill(process.Id, NativeMethods.SigTerm));
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode;
    }

    private static async Task FollowAsync(Steps steps, Process process, ClusterPaths paths, CancellationToken cancellationToken)
    {
        while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            var words = line.Split(' ', 3);
            switch (words[0])
            {
                case "begin":
                    steps.Begin(line["begin ".Length..]);
                    break;
                case "end" when words.Length == 3:
                    steps.End(words[2], TimeSpan.FromMilliseconds(long.Parse(words[1], CultureInfo.InvariantCulture)));
                    break;
                case Progress.Ready:
                    return;
                case "failed":
                    throw new UserErrorException($"{line["failed ".Length..]}\nThe log is {paths.DaemonLog}");
            }
        }
        var tail = File.Exists(paths.DaemonLog) ? string.Join('\n', File.ReadLines(paths.DaemonLog).TakeLast(15)) : "";
        throw new UserErrorException($"Kobune ended while it was starting. The end of {paths.DaemonLog}:\n{tail}");
    }

    private static async Task ImportAsync(Steps steps, ClusterPaths paths, ClusterConfig config, IReadOnlyList<string> archives, CancellationToken cancellationToken)
    {
        foreach (var archive in archives)
        {
            await steps.RunAsync($"Importing {Path.GetFileName(archive)}", async () =>
            {
                await ImageVerb.LoadAsync(paths, config, archive, cancellationToken);
                return $"Imported {Path.GetFileName(archive)}";
            });
        }
    }

    private static Task PrintNextAsync(VerbContext context, Steps steps, ClusterConfig config, string kubeconfig) => context.Out.WriteLineAsync($"""

        Cluster "{config.Name}" is Ready after {steps.Elapsed.TotalSeconds:0.0} s. Context "{config.ContextName}" is in {kubeconfig}.

        Try next:
          ./kobune get nodes
          ./kobune run hello --image=kobune/busybox:1 -- sh -c 'echo Hello from a Pod; sleep 3600'
          ./kobune get pods -w
          ./kobune logs hello
        Any kubectl works as well. ./kobune down removes everything again.
        """);
}
