using System.Diagnostics;
using System.Net;
using System.Net.Security;
using Kobune.Bench.Cluster;
using Kobune.Client.Config;
using Kobune.Client.Http;

namespace Kobune.Bench.Api;

/// <summary>An API server to measure: where it is, who asks, and its process when it runs on this machine.</summary>
/// <param name="Pid">null: processor time and memory are not shown.</param>
internal sealed record ApiTarget(string Name, ClientConfig Config, int? Pid) : IDisposable
{
    private readonly KubeTransport _transport = new(Config, TimeProvider.System);

    /// <summary>From an address and a token, or from a kubeconfig file.</summary>
    public static ApiTarget Of(string? server, string? token, string? kubeconfig, int? pid)
    {
        var config = kubeconfig is null
            ? new ClientConfig { Server = new Uri(server ?? throw new ArgumentException("--server or --kubeconfig is needed")), InsecureSkipTlsVerify = true, Token = token }
            : ClientConfigResolver.Resolve(KubeConfig.Load(kubeconfig));
        return new ApiTarget(config.Server.ToString(), config, pid);
    }

    public SslClientAuthenticationOptions Tls()
    {
        var options = _transport.CreateSslOptions();
        options.ApplicationProtocols = [SslApplicationProtocol.Http11];
        return options;
    }

    /// <summary>The header lines that every request carries.</summary>
    public string Headers => $"Host: {Config.Server.Authority}\r\nUser-Agent: kobune-bench\r\nAccept: application/json\r\n{(Config.Token is { } token ? $"Authorization: Bearer {token}\r\n" : "")}";

    public HttpClient HttpClient() => new(new SocketsHttpHandler { SslOptions = Tls(), MaxConnectionsPerServer = 2000, UseProxy = false })
    {
        BaseAddress = Config.Server,
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestVersion = HttpVersion.Version11,
        DefaultRequestHeaders = { Authorization = Config.Token is { } token ? new("Bearer", token) : null },
    };

    public ProcessFigures? Process => Pid is { } pid ? ProcessFigures.Of(pid) : null;

    public void Dispose() => _transport.Dispose();

    /// <summary>Waits until /readyz says ok.</summary>
    public async Task<TimeSpan> ReadyAsync()
    {
        var start = Stopwatch.GetTimestamp();
        using var http = HttpClient();
        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromMinutes(1))
        {
            try
            {
                using var answer = await http.GetAsync("/readyz");
                if (answer.IsSuccessStatusCode)
                {
                    return Stopwatch.GetElapsedTime(start);
                }
            }
            catch (HttpRequestException)
            {
                // Not yet.
            }

            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
            await timer.WaitForNextTickAsync();
        }

        throw new TimeoutException($"{Name} did not become ready within a minute");
    }
}
