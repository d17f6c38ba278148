namespace Kobune.Scheduler.Framework;

/// <summary>Says which of the nodes that can take a Pod is better.</summary>
internal interface IScorePlugin
{
    string Name { get; }

    int Weight { get; }

    /// <summary>Prepares an attempt; false when all nodes are alike to this plug-in.</summary>
    bool Prepare(Attempt attempt, IReadOnlyList<int> nodes);

    /// <summary>The more the better.</summary>
    long Score(Attempt attempt, int node);

    /// <summary>Brings the scores of all nodes to 0–100.</summary>
    void Normalize(Attempt attempt, Span<long> scores)
    {
    }
}

/// <summary>The usual ways to normalise.</summary>
internal static class Scores
{
    public const long Max = 100;

    /// <summary>In proportion to the highest; reversed, the highest becomes 0.</summary>
    public static void Scale(Span<long> scores, bool reverse = false)
    {
        long highest = 0;
        foreach (var score in scores)
        {
            highest = Math.Max(highest, score);
        }

        for (var i = 0; i < scores.Length; i++)
        {
            var scaled = highest == 0 ? 0 : Max * scores[i] / highest;
            scores[i] = reverse ? Max - scaled : scaled;
        }
    }
}
