using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Client;
using Kobune.Runtime;
using Kobune.Scheduler.Cache;
using Kobune.Scheduler.Framework;

namespace Kobune.Scheduler.Preemption;

/// <summary>
/// Makes room for a Pod by removing Pods of lower priority from one node: as few and as unimportant as possible. The Pod is
/// nominated for that node and tried again when they are gone.
/// </summary>
internal sealed class Preemptor(Pipeline pipeline, DisruptionBudgets budgets, IKubeClient client, IEventRecorder events, TimeProvider time)
{
    // Of many nodes only some are tried: the best of these is good enough.
    private const int EnoughCandidates = 100;

    private int _start;

    /// <summary>Finds the node; called under the scheduler's lock.</summary>
    public Outcome Decide(Attempt attempt)
    {
        if (attempt.Pod.Spec.PreemptionPolicy == "Never")
        {
            return new Outcome(null, [], "preemption: not eligible due to preemptionPolicy=Never.");
        }

        if (IsWaitingForVictims(attempt))
        {
            return new Outcome(null, [], "preemption: not eligible due to a terminating pod on the nominated node.") { KeepsProspect = true };
        }

        var reasons = new List<string>();
        var candidates = new List<Candidate>();
        var enough = Math.Max(EnoughCandidates, attempt.Nodes.Count / 10);
        var verdicts = attempt.Verdicts.ToList();
        _start = verdicts.Count == 0 ? 0 : (_start + 1) % verdicts.Count;
        for (var i = 0; i < verdicts.Count && candidates.Count < enough; i++)
        {
            var (node, verdict) = verdicts[(_start + i) % verdicts.Count];
            if (verdict.Unresolvable)
            {
                reasons.Add("Preemption is not helpful for scheduling");
            }
            else if (Victims(attempt, node) is { Victims.Count: > 0 } candidate)
            {
                candidates.Add(candidate);
            }
            else
            {
                reasons.Add("No preemption victims found for incoming pod");
            }
        }

        if (candidates.Count == 0)
        {
            return new Outcome(null, [], "preemption: " + FitError.Message(attempt.Nodes.Count, reasons));
        }

        // Fewest broken budgets, then the least important victims, then the fewest, then those that have run the shortest.
        var best = candidates.OrderBy(c => c.Broken).ThenBy(c => c.Victims.Max(v => v.Priority)).ThenBy(c => c.Victims.Sum(v => v.Priority + (long)int.MaxValue + 1))
            .ThenBy(c => c.Victims.Count).ThenByDescending(c => c.Victims.Where(v => v.Priority == c.Victims.Max(x => x.Priority)).Min(StartOf)).First();
        var name = attempt.Nodes[best.Node]!.Metadata.Name;
        return new Outcome(name, best.Victims, "preemption: " + FitError.Message(attempt.Nodes.Count, reasons))
        {
            Robbed = attempt.Cache.Nominations.After(attempt.Facts, name),
        };
    }

    /// <summary>Removes the victims.</summary>
    public async Task ExecuteAsync(Pod preemptor, Outcome outcome, CancellationToken cancellationToken)
    {
        foreach (var victim in outcome.Victims)
        {
            await NoteAsync(victim.Pod, cancellationToken);
            try
            {
                var options = new DeleteOptions { Preconditions = new Preconditions { Uid = victim.Uid } };
                await client.DeleteAsync<Pod>(victim.Pod.Metadata.Namespace, victim.Pod.Metadata.Name, options, cancellationToken);
                events.Normal(victim.Pod, "Preempted", $"Preempted by pod {preemptor.Metadata.Uid} on node {outcome.Node}");
            }
            catch (KubeStatusException)
            {
                // gone already, or protected: the next attempt sees what is left
            }
        }

        foreach (var robbed in outcome.Robbed)
        {
            await ClearNominationAsync(robbed.Pod, cancellationToken);
        }
    }

    /// <summary>The Pod has no node in prospect any more.</summary>
    public async Task ClearNominationAsync(Pod pod, CancellationToken cancellationToken)
    {
        try
        {
            await client.PatchAsync<Pod>(pod.Namespace, pod.Name, PatchKind.Merge, """{"status":{"nominatedNodeName":null}}""", new WriteOptions { Subresource = "status" }, cancellationToken);
        }
        catch (KubeStatusException)
        {
            // gone already
        }
    }

    private async Task NoteAsync(Pod victim, CancellationToken cancellationToken)
    {
        var since = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        var body = "{\"status\":{\"conditions\":[{\"type\":\"DisruptionTarget\",\"status\":\"True\",\"reason\":\"PreemptionByScheduler\",\"message\":\"default-scheduler: preempting to accommodate a higher priority pod\",\"lastTransitionTime\":\""
            + since + "\"}]}}";
        try
        {
            await client.PatchAsync<Pod>(victim.Metadata.Namespace, victim.Metadata.Name, PatchKind.StrategicMerge, body, new WriteOptions { Subresource = "status" }, cancellationToken);
        }
        catch (KubeStatusException)
        {
            // the condition is a courtesy
        }
    }

    // It preempted before and the victims are still ending: more victims would be taken for nothing.
    private static bool IsWaitingForVictims(Attempt attempt) =>
        attempt.Pod.Status.NominatedNodeName is { Length: > 0 } name
        && attempt.Nodes.NumberOf(name) is { } node
        && attempt.Nodes.PodsOn(node).Any(p => p.Priority < attempt.Facts.Priority && p.Pod.Metadata.DeletionTimestamp is not null);

    private static DateTimeOffset StartOf(PodFacts pod) => pod.Pod.Status.StartTime ?? pod.Pod.Metadata.CreationTimestamp ?? DateTimeOffset.MaxValue;

    // All lower ones are taken off in thought; then as many as possible are put back: those first whose end would break a
    // budget, the important before the others.
    private Candidate? Victims(Attempt attempt, int node)
    {
        var lower = attempt.Nodes.PodsOn(node).Where(p => p.Priority < attempt.Facts.Priority).OrderByDescending(p => p.Priority).ThenBy(StartOf).ToList();
        if (lower.Count == 0)
        {
            return null;
        }

        var victims = new List<PodFacts>();
        lower.ForEach(p => attempt.Nodes.Remove(node, p));
        try
        {
            if (!Fits(attempt, node))
            {
                return null;
            }

            var broken = budgets.Broken(lower);
            foreach (var pod in lower.OrderByDescending(p => broken.Contains(p.Uid)))
            {
                attempt.Nodes.Add(node, pod);
                if (!Fits(attempt, node))
                {
                    attempt.Nodes.Remove(node, pod);
                    victims.Add(pod);
                }
            }

            return new Candidate(node, victims, victims.Count(v => broken.Contains(v.Uid)));
        }
        finally
        {
            foreach (var pod in lower)
            {
                attempt.Nodes.Remove(node, pod);
                attempt.Nodes.Add(node, pod);
            }
        }
    }

    private sealed record Candidate(int Node, List<PodFacts> Victims, int Broken);

    private bool Fits(Attempt attempt, int node)
    {
        var trial = new Attempt(attempt.Facts, attempt.Cache);
        return Pipeline.Ask(pipeline.Prepare(trial), trial, node).IsFit;
    }
}
