using Kobune.Proxy.Tools;

namespace Kobune.Proxy.Tests.Packets;

/// <summary>
/// A node with a bridge and Pods, and a machine outside, each in a network namespace of its own: real packets and the real
/// kernel, and nothing of the machine's own network is touched.
/// </summary>
internal sealed class Namespaces : IAsyncDisposable
{
    private static int _last;

    private readonly string _prefix = $"kpx{Environment.ProcessId}-{Interlocked.Increment(ref _last)}";
    private readonly List<System.Diagnostics.Process> _servers = [];
    private readonly List<string> _all = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("kobune-proxy-").FullName;

    public static string? WhyNot =>
        Environment.UserName != "root" ? "needs root" : Find("nft") && Find("ip") && Find("busybox") && Find("iptables-restore") && Find("conntrack") ? null : "needs nftables, iptables, iproute2, conntrack and busybox";

    public string Node => _prefix + "n";
    public string Outside => _prefix + "o";
    public NetworkTool NodeTool => new(Node);

    /// <summary>The node is 192.168.77.2 and its Pods 10.244.0.0/24 behind the bridge cni0; outside is 192.168.77.1.</summary>
    public static async Task<Namespaces> CreateAsync(params string[] pods)
    {
        var result = new Namespaces();
        try
        {
            await result.BuildAsync(pods);
            return result;
        }
        catch
        {
            await result.DisposeAsync();
            throw;
        }
    }

    /// <summary>The namespace of a Pod.</summary>
    public string Pod(string address) => $"{_prefix}p{address.Split('.')[3]}";

    /// <summary>A web server in a namespace that answers with its name and the address of who asks.</summary>
    public async Task ServeAsync(string ns, int port, string name)
    {
        var root = Path.Combine(_folder, $"{ns}-{port}");
        Directory.CreateDirectory(Path.Combine(root, "cgi-bin"));
        var script = Path.Combine(root, "cgi-bin", "who");
        await File.WriteAllTextAsync(script, $"#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\n{name} %s' \"$REMOTE_ADDR\"\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        _servers.Add(System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(
            "nsenter", [$"--net=/run/netns/{ns}", "busybox", "httpd", "-f", "-p", $"0.0.0.0:{port}", "-h", root])
        { RedirectStandardError = true })!);
        // It listens when its port stands in the kernel's list (0A: LISTEN).
        await ShellAsync(ns, $"until grep -q ':{port:X4} 00000000:0000 0A' /proc/net/tcp; do :; done");
    }

    /// <summary>Asks a web server: "name client-address", or "" when it was refused or nobody answered in time.</summary>
    public static async Task<string> AskAsync(string ns, string address, int port, int seconds = 5)
    {
        var result = await new NetworkTool(ns).TryRunAsync("busybox", ["timeout", $"{seconds}", "busybox", "wget", "-q", "-O", "-", $"http://{address}:{port}/cgi-bin/who"], null, CancellationToken.None);
        return result.ExitCode == 0 ? result.Output : "";
    }

    /// <summary>Asks for so many times; the names that answered.</summary>
    public static async Task<HashSet<string>> AskManyAsync(string ns, string address, int port, int times)
    {
        var names = new HashSet<string>();
        for (var i = 0; i < times; i++)
        {
            names.Add((await AskAsync(ns, address, port)).Split(' ')[0]);
        }
        return names;
    }

    /// <summary>True when a connection is refused at once, rather than waited for.</summary>
    public static async Task<bool> IsRefusedAsync(string ns, string address, int port)
    {
        var result = await new NetworkTool(ns).TryRunAsync("busybox", ["timeout", "4", "busybox", "wget", "-q", "-O", "-", $"http://{address}:{port}/"], null, CancellationToken.None);
        return result.Error.Contains("refused", StringComparison.Ordinal);
    }

    public static Task<string> ShellAsync(string ns, string script) => new NetworkTool(ns).RunAsync("sh", ["-c", script], null, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            server.Kill();
            await server.WaitForExitAsync();
            server.Dispose();
        }
        foreach (var ns in _all)
        {
            await new NetworkTool().TryRunAsync("ip", ["netns", "delete", ns], null, CancellationToken.None);
        }
        Directory.Delete(_folder, recursive: true);
    }

    private async Task BuildAsync(string[] pods)
    {
        await AddAsync(Node);
        await AddAsync(Outside);
        await InAsync(Node, $"""
            link add eth0 type veth peer name eth0 netns {Outside}
            addr add 192.168.77.2/24 dev eth0
            link set eth0 up
            link add cni0 type bridge
            addr add 10.244.0.1/24 dev cni0
            link set cni0 up
            route add 10.96.0.0/16 via 192.168.77.1

            """);
        await InAsync(Outside, """
            addr add 192.168.77.1/24 dev eth0
            link set eth0 up
            route add default via 192.168.77.2

            """);
        await ShellAsync(Node, "echo 1 > /proc/sys/net/ipv4/ip_forward; [ ! -e /proc/sys/net/bridge/bridge-nf-call-iptables ] || echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables");
        foreach (var address in pods)
        {
            await AddPodAsync(address);
        }
    }

    private async Task AddPodAsync(string address)
    {
        var ns = Pod(address);
        await AddAsync(ns);
        await InAsync(Node, $"""
            link add veth{address.Split('.')[3]} type veth peer name eth0 netns {ns}
            link set veth{address.Split('.')[3]} master cni0 up
            link set veth{address.Split('.')[3]} type bridge_slave hairpin on

            """);
        await InAsync(ns, $"""
            addr add {address}/24 dev eth0
            link set eth0 up
            route add default via 10.244.0.1

            """);
    }

    private async Task AddAsync(string ns)
    {
        await new NetworkTool().RunAsync("ip", ["netns", "add", ns], null, CancellationToken.None);
        _all.Add(ns);
        await InAsync(ns, "link set lo up\n");
    }

    private static Task<string> InAsync(string ns, string commands) => new NetworkTool().RunAsync("ip", ["-n", ns, "-batch", "-"], commands, CancellationToken.None);

    private static bool Find(string program) => new[] { "/usr/sbin", "/sbin", "/usr/bin", "/bin" }.Any(d => File.Exists(Path.Combine(d, program)));
}
