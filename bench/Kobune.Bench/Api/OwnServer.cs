using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Kobune.Bench.Api;

/// <summary>`kobune server` as a child process on a folder of its own, for figures of the start and of rest.</summary>
internal sealed class OwnServer : IAsyncDisposable
{
    // Loopback cannot be an endpoint of the Service kubernetes, and the server would never become ready.
    private static readonly string Address = Dns.GetHostAddresses(Dns.GetHostName()).FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(a))?.ToString()
        ?? throw new InvalidOperationException("this machine has no IPv4 address but loopback");

    private readonly Process _process;
    private readonly string _folder;

    private OwnServer(Process process, string folder, TimeSpan ready, ApiTarget target) => (_process, _folder, Ready, Target) = (process, folder, ready, target);

    /// <summary>From the start of the process to /readyz saying ok.</summary>
    public TimeSpan Ready { get; }
    public ApiTarget Target { get; }

    /// <summary>Starts it twice: the first start makes keys, certificates and the cluster's objects; the second is the one measured.</summary>
    public static async Task<OwnServer> StartAsync(string program)
    {
        var folder = Directory.CreateTempSubdirectory("kobune-bench-api-").FullName;
        var first = await StartAsync(program, folder);
        await first.StopAsync();
        return await StartAsync(program, folder);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<OwnServer> StartAsync(string program, string folder)
    {
        const string port = "16443";
        var start = new ProcessStartInfo(program, ["server", "--address", Address, "--port", port, "--data-dir", folder]) { RedirectStandardOutput = true, RedirectStandardError = true };
        var begun = Stopwatch.GetTimestamp();
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        // The probes need no credentials, and the kubeconfig does not exist before the first start is done.
        using var stop = new KillOnFailure(process);
        using (var probe = ApiTarget.Of($"https://{Address}:{port}", null, null, null))
        {
            await probe.ReadyAsync();
        }

        var ready = Stopwatch.GetElapsedTime(begun);
        var kubeconfig = Path.Combine(folder, "admin.kubeconfig");
        while (!File.Exists(kubeconfig))
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
            await timer.WaitForNextTickAsync();
        }

        stop.Keep();
        return new OwnServer(process, folder, ready, ApiTarget.Of(null, null, kubeconfig, process.Id));
    }

    private async Task StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await _process.WaitForExitAsync();
        _process.Dispose();
        Target.Dispose();
    }

    /// <summary>A server that did not come up is not left behind.</summary>
    private sealed class KillOnFailure(Process process) : IDisposable
    {
        private bool _keep;

        public void Keep() => _keep = true;

        public void Dispose()
        {
            if (!_keep)
            {
                process.Kill();
            }
        }
    }
}
