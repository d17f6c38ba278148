namespace Kobune.Cri.Containerd;

/// <summary>
/// Generates config.toml: version 2 for containerd 1.6 and 1.7, version 3 for 2.x, where the CRI plug-in was split into
/// an image and a runtime half.
/// </summary>
internal static class ContainerdConfig
{
    private const string Cri = "io.containerd.grpc.v1.cri";
    private const string CriImages = "io.containerd.cri.v1.images";
    private const string CriRuntime = "io.containerd.cri.v1.runtime";
    private const string Nri = "io.containerd.nri.v1.nri";

    /// <param name="options">Paths and limits.</param>
    /// <param name="version">Decides the dialect.</param>
    /// <param name="mayLowerOomScore">Whether the daemon will hold CAP_SYS_RESOURCE.</param>
    internal static string Render(ContainerdOptions options, ContainerdVersion version, bool mayLowerOomScore)
    {
        var toml = new TomlText();
        Daemon(toml, options, version, mayLowerOomScore);
        if (version.Major >= 2)
            Version3(toml, options, version, options.RestrictOomScoreAdj ?? !mayLowerOomScore);
        else
            Version2(toml, options, version, options.RestrictOomScoreAdj ?? !mayLowerOomScore);
        return toml.ToString();
    }

    private static void Daemon(TomlText toml, ContainerdOptions options, ContainerdVersion version, bool mayLowerOomScore)
    {
        toml.Set("version", version.Major >= 2 ? 3 : 2)
            .Set("root", options.Root)
            .Set("state", options.State)
            .Set("oom_score", mayLowerOomScore ? options.OomScore : 0)
            .Set("disabled_plugins", DisabledPlugins(version));
        toml.Table("grpc").Set("address", options.Socket);
        // Without an address of its own the ttrpc socket would be "<grpc address>.ttrpc"; said here so that clean-up knows it.
        toml.Table("ttrpc").Set("address", options.Socket + ".ttrpc");
        toml.Table("debug").Set("level", "warn");
    }

    // What is never used costs start-up time, memory, timers (restart polls every ten seconds), or leaves
    // directories outside of our own (opt makes /opt/containerd, nri a socket in /var/run).
    // (The old io.containerd.runtime.v1.linux stays: the tasks service of 1.x refuses to load without one.)
    private static List<string> DisabledPlugins(ContainerdVersion version)
    {
        List<string> disabled =
        [
            "io.containerd.internal.v1.opt",
            "io.containerd.internal.v1.restart",
            "io.containerd.internal.v1.tracing",
            "io.containerd.snapshotter.v1.blockfile",
            "io.containerd.snapshotter.v1.btrfs",
            "io.containerd.snapshotter.v1.devmapper",
            "io.containerd.snapshotter.v1.erofs",
            "io.containerd.snapshotter.v1.native",
            "io.containerd.snapshotter.v1.zfs",
            "io.containerd.tracing.processor.v1.otlp",
        ];
        if (version.Major < 2)
            disabled.Add("io.containerd.snapshotter.v1.aufs");
        return disabled;
    }

    private static void Version2(TomlText toml, ContainerdOptions options, ContainerdVersion version, bool restrictOom)
    {
        toml.Table("plugins", Cri).Set("sandbox_image", options.SandboxImage)
            .Set("max_concurrent_downloads", options.MaxConcurrentDownloads)
            .Set("stats_collect_period", (int)options.StatsCollectPeriod.TotalSeconds);
        RuntimeSettings(toml, restrictOom);
        StreamSettings(toml, options);
        toml.Table("plugins", Cri, "containerd").Set("snapshotter", "overlayfs").Set("default_runtime_name", "runc");
        Runc(toml, options, Cri);
        toml.Table("plugins", Cri, "cni").Set("bin_dir", options.CniBinDir).Set("conf_dir", options.CniConfDir).Set("max_conf_num", 1);
        if (options.RegistryConfigPath is { } hosts)
            toml.Table("plugins", Cri, "registry").Set("config_path", hosts);
        if (version.AtLeast(1, 7))
            toml.Table("plugins", Nri).Set("disable", true);
    }

    private static void Version3(TomlText toml, ContainerdOptions options, ContainerdVersion version, bool restrictOom)
    {
        toml.Table("plugins", CriImages).Set("snapshotter", "overlayfs").Set("max_concurrent_downloads", options.MaxConcurrentDownloads)
            .Set("stats_collect_period", (int)options.StatsCollectPeriod.TotalSeconds);
        toml.Table("plugins", CriImages, "pinned_images").Set("sandbox", options.SandboxImage);
        if (options.RegistryConfigPath is { } hosts)
            toml.Table("plugins", CriImages, "registry").Set("config_path", hosts);

        toml.Table("plugins", CriRuntime);
        RuntimeSettings(toml, restrictOom);
        toml.Table("plugins", CriRuntime, "containerd").Set("default_runtime_name", "runc");
        Runc(toml, options, CriRuntime);
        toml.Table("plugins", CriRuntime, "cni");
        if (version.AtLeast(2, 1))
            toml.Set("bin_dirs", [options.CniBinDir]);
        else
            toml.Set("bin_dir", options.CniBinDir);
        toml.Set("conf_dir", options.CniConfDir).Set("max_conf_num", 1);

        toml.Table("plugins", Cri);
        StreamSettings(toml, options);
        toml.Table("plugins", Nri).Set("disable", true);
    }

    private static void RuntimeSettings(TomlText toml, bool restrictOom) =>
        toml.Set("restrict_oom_score_adj", restrictOom)
            .Set("tolerate_missing_hugetlb_controller", true)
            // Network namespaces as bind mounts below our own state, not in /var/run/netns of everyone.
            .Set("netns_mounts_under_state_dir", true);

    private static void StreamSettings(TomlText toml, ContainerdOptions options) =>
        toml.Set("disable_tcp_service", true)
            .Set("stream_server_address", options.StreamServerAddress)
            .Set("stream_server_port", "0")
            .Set("stream_idle_timeout", "4h0m0s");

    private static void Runc(TomlText toml, ContainerdOptions options, string plugin)
    {
        toml.Table("plugins", plugin, "containerd", "runtimes", "runc").Set("runtime_type", "io.containerd.runc.v2");
        toml.Table("plugins", plugin, "containerd", "runtimes", "runc", "options")
            .Set("BinaryName", options.RuncBinary)
            .Set("Root", RuncRoot(options))
            .Set("SystemdCgroup", false);
    }

    /// <summary>runc's own state; its default is /run/containerd/runc, shared with every other containerd.</summary>
    internal static string RuncRoot(ContainerdOptions options) => Path.Combine(options.State, "runc");
}
