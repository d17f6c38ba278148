using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Kobune.Proxy.Health;

/// <summary>Serves /healthz and /metrics while the proxy runs. A port that is taken is told, and no reason to end.</summary>
internal static partial class ProxyEndpoints
{
    public static async Task ServeAsync(KubeProxyOptions options, ProxyMetrics metrics, ILogger logger, CancellationToken cancellationToken)
    {
        await using var health = Open(options.Healthz, path => path is "/healthz" or "/livez" ? Health(options.Time, metrics) : SmallHttpAnswer.NotFound, logger);
        await using var served = Open(options.Metrics, path => path switch
        {
            "/metrics" => new SmallHttpAnswer(200, "text/plain; version=0.0.4; charset=utf-8", metrics.ToString()),
            "/healthz" or "/livez" => new SmallHttpAnswer(200, "text/plain; charset=utf-8", "ok"),
            "/proxyMode" => new SmallHttpAnswer(200, "text/plain; charset=utf-8", options.Mode == ProxyMode.Iptables ? "iptables" : "nftables"),
            _ => SmallHttpAnswer.NotFound,
        }, logger);
        await Task.Delay(Timeout.InfiniteTimeSpan, options.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static SmallHttpServer? Open(IPEndPoint? address, Func<string, SmallHttpAnswer> answer, ILogger logger)
    {
        try
        {
            return address is null ? null : new SmallHttpServer(address, answer);
        }
        catch (SocketException e)
        {
            LogTaken(logger, address!, e.Message);
            return null;
        }
    }

    private static SmallHttpAnswer Health(TimeProvider time, ProxyMetrics metrics)
    {
        var healthy = metrics.LastSync != default;
        return new SmallHttpAnswer(healthy ? 200 : 503, "application/json", $$"""{"lastUpdated": "{{Text(metrics.LastSync)}}","currentTime": "{{Text(time.GetUtcNow())}}", "nodeEligible": true}""");
    }

    private static string Text(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm:ss.ffffff +0000 'UTC'", CultureInfo.InvariantCulture);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot listen on {Address}: {Reason}")]
    private static partial void LogTaken(ILogger logger, IPEndPoint address, string reason);
}
