using System.Globalization;
using Kobune.Api;
using Kobune.Api.Apps.V1;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Controllers.History;
using Kobune.Runtime;

namespace Kobune.Controllers.DaemonSets;

/// <summary>Runs one Pod of every DaemonSet on every node that it fits, and replaces them node by node when the template changes.</summary>
internal sealed class DaemonSetController : Controller
{
    private const string GenerationLabel = "pod-template-generation";
    private const string GenerationAnnotation = "deprecated.daemonset.template.generation";
    private const int Burst = 250;

    private readonly ILister<DaemonSet> _sets;
    private readonly ILister<Pod> _pods;
    private readonly ILister<Node> _nodes;
    private readonly RevisionHistory _history;
    private readonly Expectations _expectations;
    private readonly FailureBackoff<(ObjectKey Set, string Node)> _failures = new();

    public DaemonSetController(ControllerContext context) : base(context, "daemon-set-controller", workers: 2)
    {
        Writes<DaemonSet>();
        Writes<Pod>();
        Writes<ControllerRevision>();
        _expectations = new Expectations(context.Time);
        _sets = Reconciles<DaemonSet>();
        _pods = Watches<Pod>(OnPod);
        _nodes = Watches<Node>(OnNode);
        _history = new RevisionHistory(Client, Watches<ControllerRevision>());
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_sets.Get(key) is not { } set)
        {
            _expectations.Forget(key);
            return;
        }

        var selector = LabelSelectors.From(set.Spec.Selector);
        if (selector.IsEmpty)
        {
            Events.Warning(set, "SelectingAll", "This daemon set is selecting all pods. A non-empty selector is required.");
            return;
        }

        var mayAct = _expectations.Satisfied(key);
        var pods = await Owners.ClaimAsync(Client, set, _pods.List(key.Namespace), p => selector.Matches(p.Metadata.Labels), cancellationToken);
        if (set.Metadata.DeletionTimestamp is not null)
        {
            return;
        }

        var (revision, collisions) = await _history.CurrentAsync(set, set.Spec.Template, set.Spec.Selector?.MatchLabels ?? [], set.Status.CollisionCount, cancellationToken);
        var hash = revision.Metadata.Labels[RevisionHistory.HashLabel];
        var plan = new DaemonPlan(set, [.. _nodes.List()], pods, hash, Now);
        if (mayAct)
        {
            var (create, delete) = plan.Changes();
            await ApplyAsync(key, set, hash, [.. create.Take(Burst)], [.. delete.Where(d => !d.Failed || MayReplace(key, d.Pod)).Take(Burst)], cancellationToken);
        }

        await UpdateStatusAsync(set, plan.Status(collisions), cancellationToken);
        await _history.TruncateAsync(set, [revision.Name, .. pods.Select(p => p.Metadata.Labels.GetValueOrDefault(RevisionHistory.HashLabel, ""))], set.Spec.RevisionHistoryLimit ?? 10, cancellationToken);
        if (set.Spec.MinReadySeconds > 0 && pods.Where(p => !p.IsAvailable(set.Spec.MinReadySeconds, Now)).Select(p => p.AvailableAt(set.Spec.MinReadySeconds)).Min() is { } next)
        {
            Queue.AddAfter(key, next - Now);
        }
    }

    // A Pod that fails again and again on its node is replaced ever more slowly.
    private bool MayReplace(ObjectKey key, Pod pod)
    {
        var wait = _failures.Wait((key, DaemonPlacement.NodeOf(pod)), pod.Metadata.Uid, Now);
        if (wait > TimeSpan.Zero)
        {
            Queue.AddAfter(key, wait);
        }

        return wait <= TimeSpan.Zero;
    }

    private async Task ApplyAsync(ObjectKey key, DaemonSet set, string hash, List<string> create, List<(Pod Pod, bool Failed)> delete, CancellationToken cancellationToken)
    {
        if (delete.Count > 0)
        {
            _expectations.ExpectDeletions(key, delete.Select(d => d.Pod.Metadata.Uid));
            foreach (var (pod, failed) in delete)
            {
                if (failed)
                {
                    Events.Warning(set, "FailedDaemonPod", $"Found failed daemon pod {ObjectKey.Of(pod)} on node {pod.Spec.NodeName}, will try to kill it");
                }

                await DeleteAsync(key, set, pod, cancellationToken);
            }

            return; // what replaces them comes when they are gone
        }

        if (create.Count == 0)
        {
            return;
        }

        _expectations.ExpectCreations(key, create.Count);
        var attempted = 0;
        var (_, error) = await SlowStart.RunAsync(create.Count, async i =>
        {
            Interlocked.Increment(ref attempted);
            await CreateAsync(key, set, hash, create[i], cancellationToken);
        });
        for (var skipped = create.Count - attempted; skipped > 0; skipped--)
        {
            _expectations.CreationObserved(key);
        }

        if (error is not null)
        {
            throw error;
        }
    }

    private async Task CreateAsync(ObjectKey key, DaemonSet set, string hash, string node, CancellationToken cancellationToken)
    {
        var pod = PodFactory.FromTemplate(set.Spec.Template, set);
        pod.Metadata.Labels[RevisionHistory.HashLabel] = hash;
        pod.Metadata.Labels[GenerationLabel] = set.Metadata.Annotations.GetValueOrDefault(GenerationAnnotation) ?? set.Metadata.Generation.ToString(CultureInfo.InvariantCulture);
        DaemonPlacement.Prepare(pod);
        DaemonPlacement.Bind(pod, node);
        try
        {
            var created = await Client.CreateAsync(pod, cancellationToken: cancellationToken);
            Events.Normal(set, "SuccessfulCreate", $"Created pod: {created.Name}");
        }
        catch (Exception e)
        {
            _expectations.CreationObserved(key);
            if (!e.IsNamespaceTerminating())
            {
                Events.Warning(set, "FailedCreate", $"Error creating: {e.Message}");
                throw;
            }
        }
    }

    private async Task DeleteAsync(ObjectKey key, DaemonSet set, Pod pod, CancellationToken cancellationToken)
    {
        try
        {
            await Client.DeleteAsync<Pod>(pod.Namespace, pod.Name, cancellationToken: cancellationToken);
            Events.Normal(set, "SuccessfulDelete", $"Deleted pod: {pod.Name}");
        }
        catch (Exception e)
        {
            _expectations.DeletionObserved(key, pod.Metadata.Uid);
            if (!e.IsNotFound())
            {
                throw;
            }
        }
    }

    private async Task UpdateStatusAsync(DaemonSet set, DaemonSetStatus status, CancellationToken cancellationToken)
    {
        if (!ApiStruct.DeepEquals(set.Status, status))
        {
            var changed = set.Clone();
            changed.Status = status;
            await Client.UpdateStatusAsync(changed, cancellationToken: cancellationToken);
        }
    }

    private void OnPod(InformerEvent<Pod> change)
    {
        var pod = change.Object;
        if (Indexes.ControllerOf(pod) is { } reference)
        {
            if (reference.Kind != "DaemonSet" || _sets.Get(pod.Namespace, reference.Name) is not { } owner || owner.Metadata.Uid != reference.Uid)
            {
                return;
            }

            var key = ObjectKey.Of(owner);
            if (change.Type == InformerEventType.Deleted || pod.IsTerminating())
            {
                _expectations.DeletionObserved(key, pod.Metadata.Uid);
            }
            else if (change.Type == InformerEventType.Added)
            {
                _expectations.CreationObserved(key);
            }

            Queue.Add(key);
        }
        else if (change.Type != InformerEventType.Deleted)
        {
            foreach (var set in _sets.List(pod.Namespace).Where(s => LabelSelectors.From(s.Spec.Selector) is { IsEmpty: false } selector && selector.Matches(pod.Metadata.Labels)))
            {
                Queue.Add(ObjectKey.Of(set));
            }
        }
    }

    private void OnNode(InformerEvent<Node> change)
    {
        if (change.Old is { } old && change.Type == InformerEventType.Updated && ApiStruct.DeepEquals(old.Spec, change.Object.Spec)
            && old.Metadata.Labels.Count == change.Object.Metadata.Labels.Count && old.Metadata.Labels.All(l => change.Object.Metadata.Labels.GetValueOrDefault(l.Key) == l.Value))
        {
            return; // a heartbeat
        }

        foreach (var set in _sets.List())
        {
            Queue.Add(ObjectKey.Of(set));
        }
    }
}
