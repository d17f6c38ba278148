using Kobune.Cri.Containerd;
using Kobune.Cri.Images;
using Kobune.Cri.V1;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kobune.Cri.Tests.Containerd;

/// <summary>A private containerd in a temporary directory, and the requests that tests make of it.</summary>
internal sealed class RealContainerd : IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("kcri-");

    internal RealContainerd(string? networkNamespace = null)
    {
        Options = new ContainerdOptions
        {
            Root = Path.Combine(_directory.FullName, "root"),
            State = Path.Combine(_directory.FullName, "state"),
            CniConfDir = Path.Combine(_directory.FullName, "net.d"),
            RegistryConfigPath = Path.Combine(_directory.FullName, "certs.d"),
            NetworkNamespace = networkNamespace,
        };
        Process = NewProcess();
    }

    internal ContainerdOptions Options { get; }

    internal ContainerdProcess Process { get; }

    internal string LogDirectory => Path.Combine(_directory.FullName, "logs");

    internal string TemporaryDirectory => _directory.FullName;

    /// <summary>Null when tests with a real containerd can run here.</summary>
    internal static string? WhyNot =>
        Environment.UserName != "root" ? "needs root"
        : ContainerdVersionCache.Locate("containerd") is null ? "containerd is not installed"
        : null;

    internal ContainerdProcess NewProcess(ContainerdOptions? options = null) => new(options ?? Options, TimeProvider.System, NullLogger<ContainerdProcess>.Instance);

    internal async Task StartWithImagesAsync(CancellationToken cancellation)
    {
        await Process.StartAsync(cancellation);
        await BuiltInImages.EnsureAsync(Process.Cri, Process.Importer, _directory.FullName, cancellation);
    }

    internal PodSandboxConfig Sandbox(string name) => new()
    {
        Metadata = new PodSandboxMetadata { Name = name, Namespace = "default", Uid = name + "-uid" },
        LogDirectory = LogDirectory,
        Linux = new LinuxPodSandboxConfig
        {
            CgroupParent = "/kcri-test",
            SecurityContext = new LinuxSandboxSecurityContext
            {
                NamespaceOptions = new NamespaceOption { Network = NamespaceMode.Node },
            },
        },
    };

    internal async Task<string> RunSandboxAsync(PodSandboxConfig config, CancellationToken cancellation) =>
        (await Process.Cri.RunPodSandboxAsync(new RunPodSandboxRequest { Config = config }, cancellation)).PodSandboxId;

    internal async Task<string> RunShellAsync(string sandboxId, PodSandboxConfig sandbox, string name, string script, CancellationToken cancellation)
    {
        var config = new ContainerConfig
        {
            Metadata = new ContainerMetadata { Name = name },
            Image = new ImageSpec { Image = BuiltInImages.Busybox },
            Command = { "sh", "-c", script },
            LogPath = name + ".log",
            Linux = new LinuxContainerConfig
            {
                SecurityContext = new LinuxContainerSecurityContext { NamespaceOptions = new NamespaceOption { Network = NamespaceMode.Node } },
            },
        };
        var created = await Process.Cri.CreateContainerAsync(
            new CreateContainerRequest { PodSandboxId = sandboxId, Config = config, SandboxConfig = sandbox }, cancellation);
        await Process.Cri.StartContainerAsync(created.ContainerId, cancellation);
        return created.ContainerId;
    }

    public async ValueTask DisposeAsync()
    {
        await Process.DestroyAsync(CancellationToken.None);
        Process.Dispose();
        foreach (string hierarchy in Directory.GetDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup"))
        {
            string group = Path.Combine(hierarchy, "kcri-test");
            if (Directory.Exists(group))
                Directory.Delete(group);
        }
        _directory.Delete(recursive: true);
    }
}
