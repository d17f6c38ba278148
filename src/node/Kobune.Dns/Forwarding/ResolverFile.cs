using System.Net;

namespace Kobune.Dns.Forwarding;

/// <summary>
/// The name servers of a resolv.conf, read again when the file has changed. Servers on this machine's loopback (systemd's
/// stub) are replaced by the ones that systemd knows, as upstream's kubelet does; our own addresses are left out, since
/// asking ourselves would never end.
/// </summary>
internal sealed class ResolverFile(string path, Func<IPAddress, bool> isOurs)
{
    private const string SystemdFile = "/run/systemd/resolve/resolv.conf";
    private const int Port = 53;

    private volatile Snapshot? _last;

    public IReadOnlyList<IPEndPoint> Servers()
    {
        var changed = File.GetLastWriteTimeUtc(path);
        if (_last is not { } last || last.Changed != changed)
        {
            _last = last = new Snapshot(changed, Read());
        }
        return last.Servers;
    }

    private List<IPEndPoint> Read()
    {
        var servers = Parse(path);
        if (servers.Count > 0 && servers.All(IPAddress.IsLoopback) && Parse(SystemdFile) is { Count: > 0 } systemd)
        {
            servers = systemd;
        }
        return [.. servers.Where(s => !isOurs(s)).Select(s => new IPEndPoint(s, Port))];
    }

    private static List<IPAddress> Parse(string file)
    {
        try
        {
            return [.. File.ReadLines(file)
                .Select(static l => l.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
                .Select(static w => w is ["nameserver", var server, ..] && IPAddress.TryParse(server, out var address) ? address : null)
                .OfType<IPAddress>()];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private sealed record Snapshot(DateTime Changed, IReadOnlyList<IPEndPoint> Servers);
}
