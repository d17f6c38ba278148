using Kobune.Api;
using Kobune.Client;
using Microsoft.Extensions.Logging;

namespace Kobune.Runtime;

/// <summary>
/// Hands out one informer per selection, shared by all who ask. Only what somebody asked for is watched. Informers asked
/// for after <see cref="Start"/> start at once.
/// </summary>
public sealed class InformerFactory(IKubeClient client, TimeProvider time, ILoggerFactory loggers)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(Selection Selection, Type Type), (IInformer Informer, Task? Run)> _informers = [];
    private readonly ILogger _logger = loggers.CreateLogger("Kobune.Informers");
    private CancellationToken? _running;

    /// <summary>The informer of a kind known at compile time.</summary>
    public Informer<T> Get<T>(string? ns = null, string? labelSelector = null, string? fieldSelector = null) where T : KubeObject, IKubeKind<T> =>
        Get<T>(new Selection(T.Info, ns, labelSelector, fieldSelector));

    /// <summary>The informer of a kind known at run time, custom resources included.</summary>
    public Informer<KubeObject> Get(ResourceInfo resource) => Get<KubeObject>(new Selection(resource));

    private Informer<T> Get<T>(Selection selection) where T : KubeObject
    {
        lock (_gate)
        {
            if (_informers.TryGetValue((selection, typeof(T)), out var entry))
            {
                return (Informer<T>)entry.Informer;
            }

            var informer = new Informer<T>(client, selection, time, _logger);
            _informers[(selection, typeof(T))] = (informer, _running is { } token ? informer.RunAsync(token) : null);
            return informer;
        }
    }

    /// <summary>Starts all informers; they run until cancelled.</summary>
    public void Start(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _running = cancellationToken;
            foreach (var (key, (informer, run)) in _informers.ToArray())
            {
                _informers[key] = (informer, run ?? informer.RunAsync(cancellationToken));
            }
        }
    }

    /// <summary>Waits until every informer that was asked for has its complete state.</summary>
    public Task WaitForSyncAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return Task.WhenAll(_informers.Values.Select(e => e.Informer.Synced)).WaitAsync(cancellationToken);
        }
    }

    /// <summary>Completes when all informers have ended after cancellation.</summary>
    public Task Completion
    {
        get
        {
            lock (_gate)
            {
                return Task.WhenAll(_informers.Values.Select(e => e.Run ?? Task.CompletedTask));
            }
        }
    }
}
