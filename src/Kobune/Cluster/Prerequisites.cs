using System.Runtime.InteropServices;
using Kobune.Hosting;

namespace Kobune.Cluster;

/// <summary>The programs of the machine that a node stands on, and the Debian packages that bring them.</summary>
internal static class Prerequisites
{
    private static readonly (string Package, Func<bool> Present)[] Needs =
    [
        ("containerd", () => HostProgram.Find("containerd") is not null && HostProgram.Find("ctr") is not null),
        ("runc", () => HostProgram.Find("runc") is not null),
        ("containernetworking-plugins", () => CniPlugins is not null),
        ("iproute2", () => HostProgram.Find("ip") is not null),
        ("nftables", () => HostProgram.Find("nft") is not null),
        ("iptables", () => HostProgram.Find("iptables") is not null),
        ("conntrack", () => HostProgram.Find("conntrack") is not null),
        ("busybox-static", () => HostProgram.Find("busybox") is not null),
        ("tzdata", () => Directory.Exists("/usr/share/zoneinfo/Asia")),
        ("util-linux", () => HostProgram.Find("nsenter") is not null && HostProgram.Find("setsid") is not null),
        ("libsqlite3-0", () => NativeLibrary.TryLoad("libsqlite3.so.0", out _)),
    ];

    /// <summary>The folder of the CNI plug-ins: Debian's, or the one that upstream's installers use.</summary>
    public static string? CniPlugins => new[] { "/usr/lib/cni", "/opt/cni/bin" }.FirstOrDefault(d => File.Exists(Path.Combine(d, "bridge")));

    /// <summary>The packages that are missing on this machine.</summary>
    public static IReadOnlyList<string> Missing() => [.. Needs.Where(n => !n.Present()).Select(n => n.Package)];

    /// <summary>Installs a package of a server without letting the system start that server: Kobune runs its own.</summary>
    /// <param name="package">The package.</param>
    /// <param name="program">The program that it brings, which is also its service's name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="UserErrorException">It could not be installed.</exception>
    public static async Task InstallQuietlyAsync(string package, string program, CancellationToken cancellationToken)
    {
        // Debian's maintainer scripts ask this program before they start a service; 101 forbids.
        const string policy = "/usr/sbin/policy-rc.d";
        var ours = !File.Exists(policy);
        if (ours)
        {
            await File.WriteAllTextAsync(policy, "#!/bin/sh\nexit 101\n", cancellationToken);
            File.SetUnixFileMode(policy, (UnixFileMode)Convert.ToInt32("755", 8));
        }
        try
        {
            await InstallAsync([package], cancellationToken);
        }
        finally
        {
            if (ours)
            {
                File.Delete(policy);
            }
        }
        if (HostProgram.Find(program) is null)
        {
            throw new UserErrorException($"{package} is installed, but there is no {program}");
        }
        if (HostProgram.Find("systemctl") is not null)
        {
            await HostProgram.TryRunAsync("systemctl", ["disable", program], null, cancellationToken);
        }
    }

    /// <summary>Installs packages with apt-get.</summary>
    /// <exception cref="UserErrorException">There is no apt-get, or it failed; the message has its last lines.</exception>
    public static async Task InstallAsync(IReadOnlyList<string> packages, CancellationToken cancellationToken)
    {
        var list = string.Join(' ', packages);
        if (HostProgram.Find("apt-get") is null)
        {
            throw new UserErrorException($"these are missing, and there is no apt-get here to install them: {list}");
        }
        string[] install = ["-y", "-q", "--no-install-recommends", "install", .. packages];
        Environment.SetEnvironmentVariable("DEBIAN_FRONTEND", "noninteractive");
        var result = await HostProgram.TryRunAsync("apt-get", install, null, cancellationToken);
        if (result.ExitCode != 0)
        {
            await HostProgram.TryRunAsync("apt-get", ["-q", "update"], null, cancellationToken);
            result = await HostProgram.TryRunAsync("apt-get", install, null, cancellationToken);
        }
        if (result.ExitCode != 0 || Missing().Count > 0)
        {
            var lines = (result.Error + result.Output).Trim().Split('\n');
            throw new UserErrorException($"""
                these packages are needed and could not be installed: {list}
                {string.Join('\n', lines.TakeLast(5).Select(l => "  apt-get: " + l))}
                Install them by hand (on a machine without network: from its installation medium), then run kobune up again.
                """);
        }
    }
}
