using Kobune.Api;
using Kobune.Api.Coordination.V1;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Runtime;
using Microsoft.Extensions.Logging;

namespace Kobune.Kubelet.Nodes;

/// <summary>
/// Registers the Node, keeps its status true (every five minutes, and at once when it changed) and renews its Lease every ten
/// seconds, by which the control plane knows that the node lives.
/// </summary>
internal sealed partial class NodeReporter(
    IKubeClient client, NodeStatusBuilder builder, IEventRecorder events, KubeletOptions options, ILogger<NodeReporter> logger)
{
    private static readonly TimeSpan CheckPeriod = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ReportPeriod = TimeSpan.FromMinutes(5);
    private const int LeaseSeconds = 40;

    private readonly TaskCompletionSource _registered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _soon = new(0);
    private Node? _node;
    private Lease? _lease;
    private NodeStatus? _reported;
    private DateTimeOffset _reportedAt;

    /// <summary>Done when the Node object exists.</summary>
    public Task Registered => _registered.Task;

    /// <summary>The Node as it was last read or written; null before it is registered.</summary>
    public Node? Current => _node;

    /// <summary>Done when the Node was reported Ready for the first time.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Something that the status shows has changed: it is reported without waiting for the period.</summary>
    public void ReportSoon() => _soon.Release();

    public async Task RunAsync(CancellationToken stopping)
    {
        var about = new ObjectReference { Kind = "Node", ApiVersion = "v1", Name = options.NodeName, Uid = options.NodeName };
        events.Record(about, "Normal", "Starting", "Starting kubelet.");
        var delay = TimeSpan.FromMilliseconds(100);
        while (!stopping.IsCancellationRequested)
        {
            var wait = CheckPeriod;
            try
            {
                await RegisterAsync(stopping);
                await ReportAsync(about, stopping);
                await RenewAsync(stopping);
                delay = TimeSpan.FromMilliseconds(100);
                // Until it is Ready there is something to wait for; the runtime's network may come up any moment.
                wait = Ready.IsCompleted ? CheckPeriod : TimeSpan.FromMilliseconds(200);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogReportFailed(logger, e.Message);
                wait = delay;
                delay = delay * 2 < TimeSpan.FromSeconds(7) ? delay * 2 : TimeSpan.FromSeconds(7);
            }

            await WaitAsync(wait, stopping);
        }
    }

    private async Task WaitAsync(TimeSpan wait, CancellationToken stopping)
    {
        using var over = new CancellationTokenSource(wait, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, stopping);
        await _soon.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RegisterAsync(CancellationToken stopping)
    {
        if (_node is not null)
        {
            return;
        }

        var wanted = await builder.ObjectAsync(stopping);
        try
        {
            _node = (Node)await client.CreateAsync(Node.Info, wanted, null, stopping);
        }
        catch (KubeStatusException e) when (e.Status.Code == 409)
        {
            _node = (Node)await client.GetAsync(Node.Info, null, options.NodeName, stopping);
            await UpdateLabelsAsync(wanted, stopping);
        }

        _registered.TrySetResult();
    }

    private async Task UpdateLabelsAsync(Node wanted, CancellationToken stopping)
    {
        if (wanted.Metadata.Labels.All(l => _node!.Metadata.Labels.TryGetValue(l.Key, out var value) && value == l.Value))
        {
            return;
        }

        var changed = _node!.Clone();
        foreach (var (key, value) in wanted.Metadata.Labels)
        {
            changed.Metadata.Labels[key] = value;
        }

        _node = (Node)await client.UpdateAsync(Node.Info, changed, null, stopping);
    }

    private async Task ReportAsync(ObjectReference about, CancellationToken stopping)
    {
        var now = options.Time.GetUtcNow();
        var status = await builder.StatusAsync(_reported ?? _node!.Status, now, stopping);
        var changed = _reported is null || !NodeStatusBuilder.SameButHeartbeat(_reported, status);
        if (!changed && now - _reportedAt < ReportPeriod)
        {
            return;
        }

        for (var attempt = 0; ; attempt++)
        {
            try
            {
                var target = _node!.Clone();
                target.Status = Merge(_node.Status, status);
                _node = (Node)await client.UpdateAsync(Node.Info, target, new WriteOptions { Subresource = "status" }, stopping);
                break;
            }
            catch (KubeStatusException e) when (e.Status.Code == 409 && attempt < 5)
            {
                _node = (Node)await client.GetAsync(Node.Info, null, options.NodeName, stopping);
            }
            catch (KubeStatusException e) when (e.Status.Code == 404)
            {
                // Someone deleted the Node; the next round registers it again.
                _node = null;
                _reported = null;
                throw;
            }
        }

        Announce(about, status);
        AnnouncePressure(about, status);
        _reported = status;
        _reportedAt = now;
    }

    private void Announce(ObjectReference about, NodeStatus status)
    {
        var ready = IsReady(status);
        var before = _reported is not null && IsReady(_reported);
        if (ready != before)
        {
            events.Record(about, "Normal", ready ? "NodeReady" : "NodeNotReady", $"Node {options.NodeName} status is now: {(ready ? "NodeReady" : "NodeNotReady")}");
        }

        if (ready)
        {
            _ready.TrySetResult();
        }
    }

    private void AnnouncePressure(ObjectReference about, NodeStatus status)
    {
        foreach (var condition in status.Conditions.Where(c => c.Type != "Ready"))
        {
            var before = _reported?.Conditions.FirstOrDefault(c => c.Type == condition.Type);
            if (before?.Status != condition.Status)
            {
                var reason = (condition.Type, condition.Status) switch
                {
                    ("MemoryPressure", "True") => "NodeHasInsufficientMemory",
                    ("MemoryPressure", _) => "NodeHasSufficientMemory",
                    ("DiskPressure", "True") => "NodeHasDiskPressure",
                    ("DiskPressure", _) => "NodeHasNoDiskPressure",
                    ("PIDPressure", "True") => "NodeHasInsufficientPID",
                    _ => "NodeHasSufficientPID",
                };
                events.Record(about, "Normal", reason, $"Node {options.NodeName} status is now: {reason}");
            }
        }
    }

    private static bool IsReady(NodeStatus status) => status.Conditions.Any(c => c is { Type: "Ready", Status: "True" });

    /// <summary>Conditions and fields that others write to the status stay.</summary>
    private static NodeStatus Merge(NodeStatus current, NodeStatus ours)
    {
        var result = ours.Clone();
        var own = ours.Conditions.Select(c => c.Type).ToHashSet(StringComparer.Ordinal);
        result.Conditions.AddRange(current.Conditions.Where(c => !own.Contains(c.Type)));
        result.VolumesAttached = current.VolumesAttached;
        foreach (var (name, quantity) in current.Capacity.Where(c => !ours.Capacity.ContainsKey(c.Key)))
        {
            result.Capacity[name] = quantity;
        }

        foreach (var (name, quantity) in current.Allocatable.Where(c => !ours.Allocatable.ContainsKey(c.Key)))
        {
            result.Allocatable[name] = quantity;
        }

        return result;
    }

    private async Task RenewAsync(CancellationToken stopping)
    {
        var now = options.Time.GetUtcNow();
        if (_lease is null)
        {
            _lease = new Lease();
            _lease.Metadata.Name = options.NodeName;
            _lease.Metadata.Namespace = "kube-node-lease";
            _lease.Metadata.OwnerReferences.Add(new Kobune.Api.Meta.V1.OwnerReference { ApiVersion = "v1", Kind = "Node", Name = options.NodeName, Uid = _node!.Metadata.Uid });
        }

        var next = _lease.Clone();
        next.Spec.HolderIdentity = options.NodeName;
        next.Spec.LeaseDurationSeconds = LeaseSeconds;
        next.Spec.RenewTime = now;
        try
        {
            _lease = next.Metadata.ResourceVersion.Length > 0
                ? (Lease)await client.UpdateAsync(Lease.Info, next, null, stopping)
                : (Lease)await client.CreateAsync(Lease.Info, next, null, stopping);
        }
        catch (KubeStatusException e) when (e.Status.Code == 409)
        {
            _lease = (Lease)await client.GetAsync(Lease.Info, "kube-node-lease", options.NodeName, stopping);
        }
        catch (KubeStatusException e) when (e.Status.Code == 404)
        {
            // The namespace may not exist yet in a cluster that is just being made; or the lease was deleted.
            _lease = null;
            LogLeaseFailed(logger, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The node's status was not reported: {Reason}")]
    private static partial void LogReportFailed(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The node's lease was not renewed: {Reason}")]
    private static partial void LogLeaseFailed(ILogger logger, string reason);
}
