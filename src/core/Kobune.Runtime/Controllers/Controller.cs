using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Microsoft.Extensions.Logging;

namespace Kobune.Runtime;

/// <summary>
/// A controller: it declares in its constructor which kinds it watches and which it may write, and makes the declared
/// state of one object true at a time. It is level-triggered: <see cref="ReconcileAsync"/> gets a key, never an event, and
/// reads what it needs from the caches. Throwing means trying again after a back-off.
/// </summary>
public abstract class Controller
{
    private readonly List<IInformer> _inputs = [];
    private readonly HashSet<ResourceInfo> _outputs = [];
    private readonly ControllerContext _context;
    private readonly int _workers;
    private bool _writesAnything;

    /// <param name="context">What it is made from.</param>
    /// <param name="name">Its name, in logs and as the source of its events.</param>
    /// <param name="workers">How many keys it reconciles at the same time.</param>
    /// <param name="account">The service account in kube-system that it acts as, when it is not called like the controller.</param>
    protected Controller(ControllerContext context, string name, int workers = 2, string? account = null)
    {
        _context = context;
        _workers = workers;
        Name = name;
        Logger = context.Loggers.CreateLogger("Kobune.Controllers." + name);
        Queue = new WorkQueue<ObjectKey>(name, context.Time, metrics: context.Metrics);
        var client = context.ClientFor("system:serviceaccount:kube-system:" + (account ?? name));
        Client = new DeclaredClient(client, name, MayWrite);
        Events = new EventRecorder(client, name, context.Time, Logger);
    }

    public string Name { get; }

    /// <summary>The kinds that it watches.</summary>
    public IEnumerable<ResourceInfo> Inputs => _inputs.Select(i => i.Resource);

    /// <summary>The kinds that it may write; empty and <see cref="WritesAnything"/> for the few that act on all kinds.</summary>
    public IReadOnlySet<ResourceInfo> Outputs => _outputs;

    /// <summary>True for the garbage collector and the like, which delete whatever kind.</summary>
    public bool WritesAnything => _writesAnything;

    /// <summary>True when it has nothing to do now or later; for tests that wait until everything is settled.</summary>
    public virtual bool IsIdle => Queue.IsIdle;

    protected IKubeClient Client { get; }

    protected EventRecorder Events { get; }

    protected WorkQueue<ObjectKey> Queue { get; }

    protected TimeProvider Time => _context.Time;

    protected Ids Ids => _context.Ids;

    protected InformerFactory Informers => _context.Informers;

    protected ILogger Logger { get; }

    protected DateTimeOffset Now => _context.Time.GetUtcNow();

    /// <summary>Runs until cancelled: waits for its caches, then works.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(_inputs.Select(i => i.Synced)).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        var events = Events.RunAsync(cancellationToken);
        var background = RunBackgroundAsync(cancellationToken);
        await new ControllerLoop<ObjectKey>(Queue, ReconcileAsync, _workers, Logger).RunAsync(cancellationToken);
        await background;
        await events;
        Queue.Dispose();
    }

    /// <summary>Makes the state of one object true.</summary>
    protected abstract Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken);

    /// <summary>Whatever runs beside the workers.</summary>
    protected virtual Task RunBackgroundAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Declares an input, all objects of a kind or a selection of them, and hears of its changes.</summary>
    protected ILister<T> Watches<T>(Action<InformerEvent<T>>? handler = null, string? ns = null, string? fieldSelector = null) where T : KubeObject, IKubeKind<T>
    {
        var informer = _context.Informers.Get<T>(ns, fieldSelector: fieldSelector);
        _inputs.Add(informer);
        if (handler is not null)
        {
            informer.AddHandler(handler);
        }

        return informer;
    }

    /// <summary>Declares an input whose every change queues the object itself.</summary>
    protected ILister<T> Reconciles<T>() where T : KubeObject, IKubeKind<T> => Watches<T>(change => Queue.Add(change.Key));

    /// <summary>Declares an output.</summary>
    protected void Writes<T>() where T : KubeObject, IKubeKind<T> => _outputs.Add(T.Info);

    /// <summary>Declares that all kinds may be written.</summary>
    protected void WritesAll() => _writesAnything = true;

    private bool MayWrite(ResourceInfo resource) => _writesAnything || _outputs.Contains(resource);
}
