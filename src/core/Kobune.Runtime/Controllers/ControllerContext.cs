using Kobune.Client;
using Microsoft.Extensions.Logging;

namespace Kobune.Runtime;

/// <summary>What every controller is made from.</summary>
/// <param name="ClientFor">A client that acts as the user of this name: each controller has its own identity and RBAC applies to it.</param>
/// <param name="Informers">The shared caches.</param>
/// <param name="Time">The clock and all timers.</param>
/// <param name="Ids">The source of generated names.</param>
/// <param name="Loggers">Where to log.</param>
/// <param name="Metrics">Hears of the queues, when wanted.</param>
public sealed record ControllerContext(
    Func<string, IKubeClient> ClientFor,
    InformerFactory Informers,
    TimeProvider Time,
    Ids Ids,
    ILoggerFactory Loggers,
    IWorkQueueMetrics? Metrics = null);
