using System.Collections.Concurrent;
using Kobune.Scheduler.Framework;

namespace Kobune.Scheduler.Explanations;

/// <summary>Keeps the last verdict of each Pod that could not be placed, until it is placed or gone.</summary>
internal sealed class VerdictKeeper
{
    private readonly ConcurrentDictionary<string, PlacementVerdict> _verdicts = new();

    public PlacementVerdict? Find(string uid) => _verdicts.GetValueOrDefault(uid);

    public void Forget(string uid) => _verdicts.TryRemove(uid, out _);

    public void Keep(Attempt attempt, string message, int attempts, DateTimeOffset at)
    {
        var nodes = new Dictionary<string, IReadOnlyList<PlacementReason>>();
        foreach (var (number, verdict) in attempt.Verdicts)
        {
            nodes[attempt.Nodes[number]!.Metadata.Name] =
            [
                .. Enumerable.Range(0, attempt.Reasons.Count).Where(bit => (verdict.ReasonBits & (1UL << bit)) != 0)
                    .Select(bit => new PlacementReason(attempt.Reasons.PluginOf(bit), attempt.Reasons[bit], !verdict.Unresolvable)),
            ];
        }

        _verdicts[attempt.Facts.Uid] = new PlacementVerdict(at, attempts, message, nodes);
    }
}
