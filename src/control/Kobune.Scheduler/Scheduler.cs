using Kobune.Api.Core.V1;
using Kobune.Api.Policy.V1;
using Kobune.Client;
using Kobune.Runtime;
using Kobune.Scheduler.Binding;
using Kobune.Scheduler.Cache;
using Kobune.Scheduler.Explanations;
using Kobune.Scheduler.Framework;
using Kobune.Scheduler.Queue;
using Kobune.Scheduler.Volumes;
using Microsoft.Extensions.Logging;

namespace Kobune.Scheduler;

/// <summary>
/// Gives Pods their nodes. One loop takes the Pods one after another, chooses a node from the cache, counts the Pod there at
/// once (it is assumed), and leaves the binding to run beside it. Everything it waits for comes as an event.
/// It acts as <c>system:kube-scheduler</c>.
/// </summary>
public sealed partial class Scheduler
{
    public const string UserName = "system:kube-scheduler";

    private readonly Lock _gate = new(); // over the cache: informer handlers write it, the loop reads and assumes
    private readonly SchedulerOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SchedulerCache _cache = new();
    private readonly SchedulingQueue _queue;
    private readonly Pipeline _pipeline;
    private readonly VerdictKeeper _verdicts = new();
    private readonly EventRecorder _events;
    private readonly Binder _binder;
    private readonly VolumeBinder _volumes;
    private readonly InformerFactory _informers;
    private readonly ILister<Pod> _pods;
    private readonly ILister<Namespace> _namespaces;
    private readonly Preemption.Preemptor _preemptor;

    public Scheduler(Func<string, IKubeClient> clientFor, SchedulerOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        _options = options;
        _time = time;
        _logger = loggers.CreateLogger("Kobune.Scheduler");
        var client = clientFor(UserName);
        _queue = new SchedulingQueue(time, options.Backoff);
        _informers = new InformerFactory(client, time, loggers);
        var catalog = new VolumeCatalog(_informers, OnVolumes);
        _volumes = new VolumeBinder(catalog, client, time);
        _pipeline = new Pipeline(new Random(options.Seed), options.PercentageOfNodesToScore, catalog);
        _events = new EventRecorder(client, "default-scheduler", time, _logger);
        _binder = new Binder(client, _volumes, _events, time, options.ParallelBindings);
        _preemptor = new Preemption.Preemptor(_pipeline, new Preemption.DisruptionBudgets(_informers.Get<PodDisruptionBudget>()), client, _events, time);
        var namespaces = _informers.Get<Namespace>();
        namespaces.AddHandler(OnNamespace);
        _namespaces = namespaces;
        _cache.NamespaceLabels = name => _namespaces.Get("", name)?.Metadata.Labels ?? [];
        _informers.Get<Node>().AddHandler(OnNode);
        var pods = _informers.Get<Pod>();
        _pods = pods;
        pods.AddHandler(OnPod);
    }

    /// <summary>Why the Pod with this uid has no node, as of the last attempt; null when it has one or was not tried.</summary>
    public PlacementVerdict? Explain(string podUid) => _verdicts.Find(podUid);

    /// <summary>True when no Pod is being tried, waits for its back-off, or is being bound.</summary>
    public bool IsIdle => _queue.IsIdle && _binder.IsIdle;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        _informers.Start(cancellationToken);
        var events = _events.RunAsync(cancellationToken);
        try
        {
            await _informers.WaitForSyncAsync(cancellationToken);
            while (true)
            {
                await ScheduleAsync(await _queue.TakeAsync(cancellationToken), cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // stopping
        }

        await _binder.DrainAsync();
        await events;
        await _informers.Completion;
        _queue.Dispose();
    }

    private async Task ScheduleAsync(QueuedPod queued, CancellationToken cancellationToken)
    {
        var pod = queued.Pod;
        if (pod.Metadata.DeletionTimestamp is not null)
        {
            _queue.Remove(queued.Uid);
            return;
        }

        Attempt attempt;
        string? node = null;
        string message = "";
        PodFacts facts;
        ClusterEvents helpedBy = default;
        List<ClaimChoice>? claims = null;
        lock (_gate)
        {
            facts = new PodFacts(pod, _cache.Names);
            attempt = new Attempt(facts, _cache);
            if (_pipeline.Choose(attempt) is { } number)
            {
                node = _cache.Nodes[number]!.Metadata.Name;
                _cache.Assume(facts, node);
                claims = _volumes.Decide(pod, _cache.Nodes[number]!);
            }
            else
            {
                message = _cache.Nodes.Count == 0 ? FitError.NoNodes : FitError.Message(attempt);
                helpedBy = HelpedBy(attempt);
            }
        }

        if (node is not null)
        {
            await _binder.StartAsync(facts, node, claims, (succeeded, error) => Bound(queued, node, claims, succeeded, error), cancellationToken);
            return;
        }

        await RefuseAsync(queued, attempt, message, helpedBy, cancellationToken);
    }

    private async Task RefuseAsync(QueuedPod queued, Attempt attempt, string message, ClusterEvents helpedBy, CancellationToken cancellationToken)
    {
        Preemption.Outcome? preemption = null;
        lock (_gate)
        {
            _verdicts.Keep(attempt, message, queued.Attempts, _time.GetUtcNow());
            if (_cache.Nodes.Count > 0)
            {
                preemption = _preemptor.Decide(attempt);
                if (preemption.Node is { } prospect)
                {
                    _cache.Nominations.Put(attempt.Facts, prospect);
                    foreach (var robbed in preemption.Robbed)
                    {
                        _cache.Nominations.Remove(robbed.Uid);
                    }
                }
            }
        }

        if (preemption is not null)
        {
            message += " " + preemption.Message;
            await _preemptor.ExecuteAsync(queued.Pod, preemption, cancellationToken);
            if (preemption is { Node: null, KeepsProspect: false } && queued.Pod.Status.NominatedNodeName.Length > 0)
            {
                await _preemptor.ClearNominationAsync(queued.Pod, cancellationToken);
            }
        }

        LogRefused(_logger, ObjectKey.Of(queued.Pod), message);
        _events.Warning(queued.Pod, "FailedScheduling", message);
        await _binder.NoteUnschedulableAsync(_pods.Get(ObjectKey.Of(queued.Pod)) ?? queued.Pod, message, preemption?.Node, cancellationToken);
        _queue.Failed(queued, helpedBy);
    }

    private ClusterEvents HelpedBy(Attempt attempt)
    {
        if (_cache.Nodes.Count == 0)
        {
            return ClusterEvents.NodeAdded;
        }

        var plugins = FitError.Plugins(attempt);
        return _pipeline.Filters.Where(f => plugins.Contains(f.Name)).Aggregate(ClusterEvents.NodeAdded, (events, f) => events | f.HelpedBy);
    }

    private void Bound(QueuedPod queued, string node, List<ClaimChoice>? claims, bool succeeded, string error)
    {
        if (claims is not null)
        {
            lock (_gate)
            {
                _volumes.Release(claims);
            }
        }

        if (succeeded)
        {
            _verdicts.Forget(queued.Uid);
            _queue.Remove(queued.Uid);
            return;
        }

        LogBindingFailed(_logger, ObjectKey.Of(queued.Pod), node, error);
        lock (_gate)
        {
            if (_cache.IsAssumed(queued.Uid))
            {
                _cache.Remove(queued.Uid);
            }
        }

        _queue.Happened(ClusterEvents.PodRemoved);
        _queue.Retry(queued);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Pod {Pod}: {Message}")]
    private static partial void LogRefused(ILogger logger, ObjectKey pod, string message);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Binding Pod {Pod} to {Node} failed: {Error}")]
    private static partial void LogBindingFailed(ILogger logger, ObjectKey pod, string node, string error);
}
