using Kobune.Api.Core.V1;
using Kobune.Scheduler.Framework;

namespace Kobune.Scheduler.Plugins;

/// <summary>Keeps Pods off nodes with taints that they do not tolerate, and prefers nodes with fewer that would rather not have them.</summary>
internal sealed class TaintToleration : IFilterPlugin, IScorePlugin
{
    public string Name => "TaintToleration";

    public int Weight => 3;

    public ClusterEvents HelpedBy => ClusterEvents.NodeAdded | ClusterEvents.NodeTaints;

    public bool Prepare(Attempt attempt) => true;

    public Verdict Filter(Attempt attempt, int node)
    {
        foreach (var taint in attempt.Nodes[node]!.Spec.Taints)
        {
            if (taint.Effect is "NoSchedule" or "NoExecute" && !Tolerates(attempt.Pod.Spec.Tolerations, taint))
            {
                // Which taint it is may be nobody's business; the log of the verdicts tells those who may know.
                return new Verdict(attempt.Reasons.Bit(Name, "node(s) had untolerated taint(s)"), true);
            }
        }

        return Verdict.Fits;
    }

    public bool Prepare(Attempt attempt, IReadOnlyList<int> nodes)
    {
        foreach (var node in nodes)
        {
            if (attempt.Nodes[node]!.Spec.Taints.Exists(t => t.Effect == "PreferNoSchedule"))
            {
                return true;
            }
        }

        return false;
    }

    public long Score(Attempt attempt, int node) =>
        attempt.Nodes[node]!.Spec.Taints.Count(t => t.Effect == "PreferNoSchedule" && !Tolerates(attempt.Pod.Spec.Tolerations, t));

    public void Normalize(Attempt attempt, Span<long> scores) => Scores.Scale(scores, reverse: true);

    public static bool Tolerates(List<Toleration> tolerations, Taint taint)
    {
        foreach (var toleration in tolerations)
        {
            if ((toleration.Effect.Length == 0 || toleration.Effect == taint.Effect)
                && (toleration.Key.Length == 0 ? toleration.Operator == "Exists" : toleration.Key == taint.Key)
                && (toleration.Operator == "Exists" || toleration.Value == taint.Value))
            {
                return true;
            }
        }

        return false;
    }
}
