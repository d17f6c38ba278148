using System.CommandLine;
using Kobune.Cluster;
using Kobune.Hosting;
using Kobune.Network;
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
        var nodes = new Option<int?>("--nodes") { Description = "How many nodes the cluster has; more may be added later. The control plane runs with the first." };
        var overlay = ServerVerb.OverlayOption();
        var command = new Command("up", "Make the cluster, or start it again, and wait until its nodes are Ready.") { name, nodes, foreground, archives, mirror, isolated, overlay, proxy };
        var flags = new ApiServerFlags();
        flags.All.ToList().ForEach(command.Options.Add);
        command.SetAction(async (result, cancellationToken) =>
        {
            VerbContext.RequireRoot("up");
            var paths = new ClusterPaths(result.GetValue(name)!);
            return await RunAsync(context, paths, new UpOptions(
                result.GetValue(foreground), result.GetValue(archives) ?? [], result.GetValue(mirror), result.GetValue(isolated), result.GetValue(proxy))
            {
                ApiServer = flags.AnyIn(result) ? flags.Read(result) : null,
                Nodes = result.GetValue(nodes),
                Overlay = result.GetResult(overlay) is { Implicit: false } ? OverlayModes.Parse(result.GetValue(overlay)!) : null,
            }, cancellationToken);
        });
        return command;
    }

    private sealed record UpOptions(bool Foreground, IReadOnlyList<string> Archives, string? Mirror, bool Isolated, ProxyMode? Proxy)
    {
        /// <summary>Null: as before.</summary>
        public Hosting.ApiServerSettings? ApiServer { get; init; }

        /// <summary>Null: as many as there are.</summary>
        public int? Nodes { get; init; }

        /// <summary>Null: as the cluster was made.</summary>
        public OverlayMode? Overlay { get; init; }
    }

    private static async Task<int> RunAsync(VerbContext context, ClusterPaths paths, UpOptions options, CancellationToken cancellationToken)
    {
        var missingArchive = options.Archives.FirstOrDefault(a => !File.Exists(a));
        if (missingArchive is not null)
        {
            throw new UserErrorException($"there is no image archive {missingArchive}");
        }
        var steps = new Steps(context.Out, context.Terminal, context.Time);
        var config = LoadOrCreate(paths, options);
        var daemons = config.Nodes.Select(n => new DaemonProcess(paths, config, n)).ToList();
        var stopped = daemons.Where(d => d.RunningPid() is null).ToList();
        if (stopped.Count == 0)
        {
            await context.Out.WriteLineAsync($"Cluster \"{paths.Name}\" is up already (process {daemons[0].RunningPid()}).");
        }
        else
        {
            await PrepareAsync(steps, config, cancellationToken);
            if (options.Foreground)
            {
                return await RunForegroundAsync(context, daemons, config, cancellationToken);
            }
            if (stopped[0] == daemons[0])
            {
                await NodeStart.FirstAsync(steps, daemons[0], cancellationToken);
            }
        }
        var kubeconfig = KubeconfigEntry.Write(paths, config);
        await NodeStart.OthersAsync(context, steps, [.. stopped.Where(d => d != daemons[0])], cancellationToken);
        await NodeStart.RouteAsync(context, paths, config, cancellationToken);
        await ImportAsync(steps, paths, config, options.Archives, cancellationToken);
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
        if (options.Overlay is { } overlay)
        {
            if (existing is not null && existing.Overlay != overlay)
            {
                throw new UserErrorException($"cluster \"{paths.Name}\" was made with --overlay {existing.Overlay.Name()}; to change it, remove it first: kobune down --name {paths.Name}");
            }
            config = config with { Overlay = overlay };
        }
        if (options.Nodes is { } nodes)
        {
            config = nodes >= 1 ? config.WithNodes(nodes) : throw new UserErrorException("a cluster has at least one node: --nodes 1");
        }
        if (options.Proxy is { } mode)
        {
            config = config with { ProxyMode = mode };
        }
        config.Save(paths);
        return config;
    }

    private static async Task PrepareAsync(Steps steps, ClusterConfig config, CancellationToken cancellationToken)
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
        await steps.RunAsync("Preparing the nodes' network", async () =>
        {
            await new HostNetwork(config).EnsureAsync(cancellationToken);
            foreach (var node in config.Nodes)
            {
                await new NodeNetwork(config, node).EnsureAsync(cancellationToken);
            }
            var namespaces = config.Nodes.Select(config.NetworkNamespaceOf).ToList();
            return $"Node network {config.NodeCidr} in namespace{(namespaces.Count == 1 ? "" : "s")} {string.Join(", ", namespaces)}";
        });
    }

    private static async Task<int> RunForegroundAsync(VerbContext context, IReadOnlyList<DaemonProcess> daemons, ClusterConfig config, CancellationToken cancellationToken)
    {
        if (daemons.Count > 1 || daemons[0].RunningPid() is not null)
        {
            throw new UserErrorException("--foreground is for a stopped cluster of one node; kobune logs -f NODE follows the log of any");
        }
        await context.Out.WriteLineAsync($"Running in the foreground; the API is at {config.ApiUrl}. Ctrl-C stops Kobune, containers go on.");
        using var process = daemons[0].StartForeground();
        using var stop = cancellationToken.Register(() => _ = NativeMethods.Kill(process.Id, NativeMethods.SigTerm));
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode;
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
