using Kobune.Cri.Containerd;
using Kobune.Cri.Images;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kobune.Kubelet.Tests;

/// <summary>A private containerd with a bridge network of its own in a temporary directory.</summary>
internal sealed class RealNode : IAsyncDisposable
{
    private const string Bridge = "kbtest0";
    private readonly DirectoryInfo _directory = System.IO.Directory.CreateTempSubdirectory("knode-");

    private RealNode()
    {
        Options = new ContainerdOptions
        {
            Root = Path.Combine(_directory.FullName, "root"),
            State = Path.Combine(_directory.FullName, "state"),
            CniConfDir = Path.Combine(_directory.FullName, "net.d"),
            RegistryConfigPath = Path.Combine(_directory.FullName, "certs.d"),
        };
        Process = new ContainerdProcess(Options, TimeProvider.System, NullLogger<ContainerdProcess>.Instance);
    }

    public ContainerdOptions Options { get; }
    public ContainerdProcess Process { get; }
    public string Directory => _directory.FullName;

    /// <summary>Null when these tests can run here.</summary>
    public static string? WhyNot =>
        Environment.UserName != "root" ? "needs root"
        : !File.Exists("/usr/bin/containerd") ? "containerd is not installed"
        : !System.IO.Directory.Exists("/usr/lib/cni") ? "CNI plug-ins are not installed"
        : null;

    public static async Task<RealNode> StartAsync()
    {
        var node = new RealNode();
        System.IO.Directory.CreateDirectory(node.Options.CniConfDir);
        var ipam = Path.Combine(node.Directory, "ipam");
        await File.WriteAllTextAsync(Path.Combine(node.Options.CniConfDir, "10-test.conflist"), $$"""
            { "cniVersion": "0.4.0", "name": "kbtest", "plugins": [ { "type": "bridge", "bridge": "{{Bridge}}", "isGateway": true, "ipMasq": false,
              "ipam": { "type": "host-local", "dataDir": "{{ipam}}", "ranges": [[{ "subnet": "10.233.77.0/24" }]] } } ] }
            """);
        await node.Process.StartAsync(default);
        await BuiltInImages.EnsureAsync(node.Process.Cri, node.Process.Importer, node.Directory, default);
        return node;
    }

    public async ValueTask DisposeAsync()
    {
        await Process.DestroyAsync(CancellationToken.None);
        Process.Dispose();
        using (var remove = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("ip", ["link", "del", Bridge]) { RedirectStandardError = true })!)
        {
            await remove.WaitForExitAsync();
        }

        foreach (var hierarchy in System.IO.Directory.GetDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup"))
        {
            RemoveCgroup(Path.Combine(hierarchy, "kobune-test"));
        }

        _directory.Delete(recursive: true);
    }

    private static void RemoveCgroup(string directory)
    {
        if (System.IO.Directory.Exists(directory))
        {
            foreach (var child in System.IO.Directory.GetDirectories(directory))
            {
                RemoveCgroup(child);
            }

            System.IO.Directory.Delete(directory);
        }
    }
}
