using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.Replicas;

/// <summary>
/// Keeps the number of Pods of an owner as declared: adopts those that match and belong to nobody, creates what is
/// missing, deletes what is too much. Never more than declared are created, however slow the cache: see <see cref="Expectations"/>.
/// </summary>
internal abstract class ReplicasController<T> : Controller where T : KubeObject, IKubeKind<T>
{
    // At most this many Pods are created or deleted in one reconcile (upstream's BurstReplicas).
    private const int Burst = 500;

    private readonly ILister<T> _owners;
    private readonly IIndex<Pod> _podsByController;
    private readonly IIndex<Pod> _orphans;
    private readonly Expectations _expectations;

    protected ReplicasController(ControllerContext context, string name) : base(context, name, workers: 5)
    {
        Writes<T>();
        Writes<Pod>();
        _expectations = new Expectations(context.Time);
        _owners = Reconciles<T>();
        var pods = Watches<Pod>(OnPod);
        _podsByController = pods.ByController();
        _orphans = pods.IndexBy("orphans by namespace", static pod => Indexes.ControllerOf(pod) is null ? [pod.Metadata.Namespace] : []);
    }

    protected abstract int Replicas(T owner);

    protected abstract int MinReadySeconds(T owner);

    protected abstract ISelector Selector(T owner);

    protected abstract PodTemplateSpec Template(T owner);

    protected abstract Task UpdateStatusAsync(T owner, ReplicaCounts counts, Failure? failure, CancellationToken cancellationToken);

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_owners.Get(key) is not { } owner)
        {
            _expectations.Forget(key);
            return;
        }

        var mayAct = _expectations.Satisfied(key);
        var selector = Selector(owner);
        var candidates = _podsByController.Get(owner.Metadata.Uid).Concat(_orphans.Get(owner.Metadata.Namespace)).Where(p => !p.IsTerminal());
        var claimed = await Owners.ClaimAsync(Client, owner, candidates, pod => selector.Matches(pod.Metadata.Labels), cancellationToken);
        var pods = claimed.FindAll(p => p.IsActive());

        Failure? failure = null;
        if (mayAct && owner.Metadata.DeletionTimestamp is null)
        {
            failure = await ManageAsync(key, owner, pods, cancellationToken);
        }

        await UpdateStatusAsync(owner, Count(owner, pods, claimed.Count - pods.Count), failure, cancellationToken);
        if (failure is not null)
        {
            throw new InvalidOperationException(failure.Message, failure.Error);
        }

        WakeWhenAvailable(key, owner, pods);
    }

    private async Task<Failure?> ManageAsync(ObjectKey key, T owner, List<Pod> pods, CancellationToken cancellationToken)
    {
        var missing = Replicas(owner) - pods.Count;
        if (missing > 0)
        {
            return await CreateAsync(key, owner, Math.Min(missing, Burst), cancellationToken);
        }

        return missing < 0 ? await DeleteAsync(key, owner, pods, Math.Min(-missing, Burst), cancellationToken) : null;
    }

    private async Task<Failure?> CreateAsync(ObjectKey key, T owner, int count, CancellationToken cancellationToken)
    {
        _expectations.ExpectCreations(key, count);
        var attempted = 0;
        var (_, error) = await SlowStart.RunAsync(count, async _ =>
        {
            Interlocked.Increment(ref attempted);
            try
            {
                var pod = await Client.CreateAsync(PodFactory.FromTemplate(Template(owner), owner), cancellationToken: cancellationToken);
                Events.Normal(owner, "SuccessfulCreate", $"Created pod: {pod.Metadata.Name}");
            }
            catch (Exception e)
            {
                _expectations.CreationObserved(key); // nothing to wait for
                if (e.IsNamespaceTerminating())
                {
                    return;
                }

                Events.Warning(owner, "FailedCreate", $"Error creating: {e.Message}");
                throw;
            }
        });

        for (var skipped = count - attempted; skipped > 0; skipped--)
        {
            _expectations.CreationObserved(key);
        }

        return error is null ? null : new Failure("FailedCreate", error.Message, error);
    }

    private async Task<Failure?> DeleteAsync(ObjectKey key, T owner, List<Pod> pods, int count, CancellationToken cancellationToken)
    {
        var victims = PodRanking.ToDelete(pods, Related(owner), count, Now);
        _expectations.ExpectDeletions(key, victims.Select(p => p.Metadata.Uid));
        var errors = await Task.WhenAll(victims.Select(pod => DeleteAsync(key, owner, pod, cancellationToken)));
        return errors.FirstOrDefault(e => e is not null) is { } error ? new Failure("FailedDelete", error.Message, error) : null;
    }

    private async Task<Exception?> DeleteAsync(ObjectKey key, T owner, Pod pod, CancellationToken cancellationToken)
    {
        try
        {
            await Client.DeleteAsync<Pod>(pod.Metadata.Namespace, pod.Metadata.Name, cancellationToken: cancellationToken);
            Events.Normal(owner, "SuccessfulDelete", $"Deleted pod: {pod.Metadata.Name}");
            return null;
        }
        catch (Exception e)
        {
            _expectations.DeletionObserved(key, pod.Metadata.Uid);
            if (e.IsNotFound())
            {
                return null;
            }

            Events.Warning(owner, "FailedDelete", $"Error deleting: {e.Message}");
            return e;
        }
    }

    // The Pods of all siblings under the same controller: during a rollout those of the old and the new version together
    // tell how crowded a node is.
    private IEnumerable<Pod> Related(T owner)
    {
        var parent = Indexes.ControllerOf(owner);
        return _owners.List(owner.Metadata.Namespace)
            .Where(o => o.Metadata.Uid == owner.Metadata.Uid || (parent is not null && Indexes.ControllerOf(o)?.Uid == parent.Uid))
            .SelectMany(o => _podsByController.Get(o.Metadata.Uid));
    }

    private ReplicaCounts Count(T owner, List<Pod> pods, int terminating)
    {
        var template = LabelSelectors.FromMap(Template(owner).Metadata.Labels);
        var minReady = MinReadySeconds(owner);
        var now = Now;
        return new ReplicaCounts(
            pods.Count,
            pods.Count(p => template.Matches(p.Metadata.Labels)),
            pods.Count(p => p.IsReady()),
            pods.Count(p => p.IsAvailable(minReady, now)),
            terminating);
    }

    private void WakeWhenAvailable(ObjectKey key, T owner, List<Pod> pods)
    {
        var minReady = MinReadySeconds(owner);
        var now = Now;
        if (minReady > 0 && pods.Where(p => !p.IsAvailable(minReady, now)).Select(p => p.AvailableAt(minReady)).Min() is { } next)
        {
            Queue.AddAfter(key, next - now);
        }
    }

    private void OnPod(InformerEvent<Pod> change)
    {
        var pod = change.Object;
        var owner = OwnerOf(pod);
        if (change.Type == InformerEventType.Deleted || pod.IsTerminating())
        {
            if (owner is { } key)
            {
                _expectations.DeletionObserved(key, pod.Metadata.Uid);
                Queue.Add(key);
            }

            return;
        }

        if (change.Old is { } old && Indexes.ControllerOf(old)?.Uid != Indexes.ControllerOf(pod)?.Uid && OwnerOf(old) is { } former)
        {
            Queue.Add(former);
        }

        if (owner is { } current)
        {
            if (change.Type == InformerEventType.Added)
            {
                _expectations.CreationObserved(current);
            }

            Queue.Add(current);
        }
        else if (Indexes.ControllerOf(pod) is null)
        {
            foreach (var candidate in _owners.List(pod.Metadata.Namespace).Where(o => Selector(o).Matches(pod.Metadata.Labels)))
            {
                Queue.Add(ObjectKey.Of(candidate));
            }
        }
    }

    private ObjectKey? OwnerOf(Pod pod) =>
        Indexes.ControllerOf(pod) is { } reference
        && reference.Kind == T.Info.Kind
        && _owners.Get(pod.Metadata.Namespace, reference.Name) is { } owner
        && owner.Metadata.Uid == reference.Uid
            ? ObjectKey.Of(owner)
            : null;
}
