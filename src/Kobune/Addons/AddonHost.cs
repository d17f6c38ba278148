using Kobune.Client;
using Kobune.Cluster;
using Microsoft.Extensions.Logging;

namespace Kobune.Addons;

/// <summary>Runs the enabled addons inside of the cluster's process; asked again (SIGHUP), it starts and stops what has changed in cluster.json.</summary>
internal sealed partial class AddonHost(ClusterPaths paths, Func<IKubeClient> admin, Func<string, IKubeClient> clientFor, TimeProvider time, ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly SemaphoreSlim _applying = new(1);
    private readonly ILogger _logger = loggers.CreateLogger("Kobune.Addons");
    private IngressAddon? _ingress;

    /// <summary>Makes the addons what cluster.json says now.</summary>
    public async Task ApplyAsync(CancellationToken cancellationToken)
    {
        await _applying.WaitAsync(cancellationToken);
        try
        {
            var wanted = ClusterConfig.Load(paths) is { } config && AddonCatalog.Ingress.IsEnabled(config) ? config : null;
            if (wanted is not null && _ingress is null)
            {
                _ingress = await IngressAddon.StartAsync(paths, wanted, admin(), clientFor, time, loggers, cancellationToken);
            }
            else if (wanted is null && _ingress is not null)
            {
                await _ingress.RemoveAsync(cancellationToken);
                await _ingress.DisposeAsync();
                _ingress = null;
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // An addon that does not start is no reason for the cluster not to.
            LogFailed(e);
        }
        finally
        {
            _applying.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_ingress is not null)
        {
            await _ingress.DisposeAsync();
        }
        _applying.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The addons could not be applied")]
    private partial void LogFailed(Exception exception);
}
