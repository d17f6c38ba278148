using Kobune.Api;
using Kobune.Api.Apps.V1;
using Kobune.Api.Core.V1;
using Kobune.Controllers.History;

namespace Kobune.Controllers.DaemonSets;

/// <summary>The pure decision: from a DaemonSet, the nodes and its Pods, which Pods to create and to delete now.</summary>
internal sealed class DaemonPlan
{
    private readonly DaemonSet _set;
    private readonly string _hash;
    private readonly DateTimeOffset _now;
    private readonly ILookup<string, Pod> _byNode;
    private readonly List<(Node Node, bool ShouldRun, bool MayStay)> _nodes;

    public DaemonPlan(DaemonSet set, IReadOnlyList<Node> nodes, IReadOnlyList<Pod> pods, string hash, DateTimeOffset now)
    {
        (_set, _hash, _now) = (set, hash, now);
        _byNode = pods.ToLookup(DaemonPlacement.NodeOf);
        var sample = PodFactory.FromTemplate(set.Spec.Template, set);
        DaemonPlacement.Prepare(sample);
        _nodes = [.. nodes.OrderBy(n => n.Name, StringComparer.Ordinal).Select(n => (n, DaemonPlacement.On(n, sample))).Select(x => (x.n, x.Item2.ShouldRun, x.Item2.MayStay))];
    }

    /// <summary>The nodes to create a Pod for, and the Pods to delete (with whether it is because they failed).</summary>
    public (List<string> Create, List<(Pod Pod, bool Failed)> Delete) Changes()
    {
        var create = new List<string>();
        var delete = new List<(Pod, bool)>();
        foreach (var (node, shouldRun, mayStay) in _nodes)
        {
            Place([.. _byNode[node.Name]], node.Name, shouldRun, mayStay, create, delete);
        }

        if (create.Count == 0 && delete.Count == 0 && _set.Spec.UpdateStrategy.Type != "OnDelete")
        {
            Roll(create, delete);
        }

        return (create, delete);
    }

    public DaemonSetStatus Status(int? collisions)
    {
        var status = _set.Clone().Status;
        var wanted = _nodes.Where(n => n.ShouldRun).ToList();
        status.ObservedGeneration = _set.Metadata.Generation;
        status.CollisionCount = collisions;
        status.DesiredNumberScheduled = wanted.Count;
        status.CurrentNumberScheduled = wanted.Count(n => _byNode[n.Node.Name].Any());
        status.NumberMisscheduled = _nodes.Count(n => !n.ShouldRun && _byNode[n.Node.Name].Any());
        status.NumberReady = wanted.Count(n => Best(n.Node.Name)?.IsReady() == true);
        status.NumberAvailable = wanted.Count(n => Best(n.Node.Name) is { } pod && IsAvailable(pod));
        status.NumberUnavailable = wanted.Count - status.NumberAvailable;
        status.UpdatedNumberScheduled = wanted.Count(n => Best(n.Node.Name) is { } pod && IsUpdated(pod));
        return status;
    }

    private void Place(List<Pod> pods, string node, bool shouldRun, bool mayStay, List<string> create, List<(Pod, bool)> delete)
    {
        var living = pods.Where(p => !p.IsTerminal() && !p.IsTerminating()).ToList();
        if (!shouldRun)
        {
            delete.AddRange(mayStay ? [] : pods.Where(p => !p.IsTerminating()).Select(p => (p, false)));
            return;
        }

        delete.AddRange(pods.Where(p => p.IsTerminal() && !p.IsTerminating()).Select(p => (p, p.Status.Phase == "Failed")));
        if (pods.Count == 0)
        {
            create.Add(node);
        }
        else if (living.Count > 1 && MaxSurge() == 0)
        {
            delete.AddRange(living.OrderByDescending(IsUpdated).ThenBy(p => p.Metadata.CreationTimestamp).Skip(1).Select(p => (p, false)));
        }
    }

    private void Roll(List<string> create, List<(Pod, bool)> delete)
    {
        var surge = MaxSurge();
        var wanted = _nodes.Where(n => n.ShouldRun).Select(n => (n.Node.Name, Pods: _byNode[n.Node.Name].Where(p => !p.IsTerminal()).ToList())).ToList();
        if (surge > 0)
        {
            Surge(wanted, surge, create, delete);
            return;
        }

        var budget = MaxUnavailable() - wanted.Count(n => !n.Pods.Exists(IsAvailable));
        foreach (var (_, pods) in wanted.OrderBy(n => n.Pods.Exists(IsAvailable)))
        {
            foreach (var pod in pods.Where(p => !IsUpdated(p) && !p.IsTerminating()))
            {
                if (!IsAvailable(pod))
                {
                    delete.Add((pod, false)); // it serves nobody: replacing it costs nothing
                }
                else if (budget > 0)
                {
                    budget--;
                    delete.Add((pod, false));
                }
            }
        }
    }

    // The new Pod comes first; the old one goes when the new one is available.
    private void Surge(List<(string Node, List<Pod> Pods)> wanted, int surge, List<string> create, List<(Pod, bool)> delete)
    {
        surge -= wanted.Count(n => n.Pods.Exists(IsUpdated) && n.Pods.Exists(p => !IsUpdated(p)));
        foreach (var (node, pods) in wanted)
        {
            var old = pods.Where(p => !IsUpdated(p) && !p.IsTerminating()).ToList();
            var updated = pods.Find(p => IsUpdated(p) && !p.IsTerminating());
            if (old.Count == 0)
            {
                continue;
            }

            if (updated is not null ? IsAvailable(updated) : !old.Exists(IsAvailable))
            {
                delete.AddRange(old.Select(p => (p, false)));
            }
            else if (updated is null && surge > 0)
            {
                surge--;
                create.Add(node);
            }
        }
    }

    private int Wanted => _nodes.Count(n => n.ShouldRun);

    private int MaxSurge() => (_set.Spec.UpdateStrategy.RollingUpdate?.MaxSurge ?? 0).Scaled(Wanted, roundUp: true);

    private int MaxUnavailable()
    {
        var value = (_set.Spec.UpdateStrategy.RollingUpdate?.MaxUnavailable ?? 1).Scaled(Wanted, roundUp: true);
        return value == 0 && MaxSurge() == 0 ? 1 : value;
    }

    private Pod? Best(string node) => _byNode[node].OrderBy(p => p.Metadata.CreationTimestamp).OrderByDescending(IsAvailable).ThenByDescending(p => p.IsReady()).FirstOrDefault();

    private bool IsAvailable(Pod pod) => !pod.IsTerminating() && pod.IsAvailable(_set.Spec.MinReadySeconds, _now);

    private bool IsUpdated(Pod pod) => pod.Metadata.Labels.GetValueOrDefault(RevisionHistory.HashLabel) == _hash;
}
