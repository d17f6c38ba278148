using Kobune.Runtime;

namespace Kobune.Controllers.Jobs;

/// <summary>
/// The Pods whose tracking finalizer was removed and that the cache still shows with it: they are counted already and must
/// not be counted again.
/// </summary>
internal sealed class FinalizerRemovals
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ObjectKey, HashSet<string>> _removed = [];

    public void Expect(ObjectKey job, string uid)
    {
        lock (_gate)
        {
            if (!_removed.TryGetValue(job, out var uids))
            {
                _removed[job] = uids = [];
            }

            uids.Add(uid);
        }
    }

    /// <summary>The cache shows the Pod without it, or the removal failed.</summary>
    public void Observed(ObjectKey job, string uid)
    {
        lock (_gate)
        {
            if (_removed.TryGetValue(job, out var uids) && uids.Remove(uid) && uids.Count == 0)
            {
                _removed.Remove(job);
            }
        }
    }

    public HashSet<string> Of(ObjectKey job)
    {
        lock (_gate)
        {
            return _removed.TryGetValue(job, out var uids) ? [.. uids] : [];
        }
    }

    public void Forget(ObjectKey job)
    {
        lock (_gate)
        {
            _removed.Remove(job);
        }
    }
}
