namespace Kobune.Scheduler.Framework;

/// <summary>How it is said that no node can take a Pod: the reasons with the number of nodes that each holds for.</summary>
internal static class FitError
{
    public const string NoNodes = "no nodes available to schedule pods";

    /// <summary><c>0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.</c></summary>
    public static string Message(int nodes, IEnumerable<string> reasonsOfAllNodes)
    {
        var counts = reasonsOfAllNodes.CountBy(r => r).Select(c => $"{c.Value} {c.Key}").Order(StringComparer.Ordinal).ToList();
        var message = $"0/{nodes} nodes are available";
        return counts.Count == 0 ? message + "." : $"{message}: {string.Join(", ", counts)}.";
    }

    public static string Message(Attempt attempt) => attempt.Refusal is { } refusal
        ? $"0/{attempt.Nodes.Count} nodes are available: {refusal}."
        : Message(attempt.Nodes.Count, attempt.Verdicts.Values.SelectMany(v => attempt.Reasons.In(v)));

    /// <summary>The names of the plug-ins that refused some node.</summary>
    public static HashSet<string> Plugins(Attempt attempt)
    {
        if (attempt.Refusal is not null)
        {
            return [attempt.RefusedBy];
        }

        var all = attempt.Verdicts.Values.Aggregate(0UL, (bits, v) => bits | v.ReasonBits);
        return [.. Enumerable.Range(0, attempt.Reasons.Count).Where(bit => (all & (1UL << bit)) != 0).Select(attempt.Reasons.PluginOf)];
    }
}
