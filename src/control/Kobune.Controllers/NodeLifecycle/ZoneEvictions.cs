using Kobune.Api.Core.V1;

namespace Kobune.Controllers.NodeLifecycle;

/// <summary>
/// How fast lost nodes may lose their Pods, zone by zone. When a few nodes are silent they are lost, and their Pods move,
/// one node each ten seconds; when most of a zone is, something else is broken (a network), and moving everything would
/// make it worse; when everything is, it is probably ourselves who are cut off, and nothing moves.
/// </summary>
internal sealed class ZoneEvictions
{
    private const string Region = "topology.kubernetes.io/region";
    private const string Zone = "topology.kubernetes.io/zone";
    private const double UnhealthyShare = 0.55;
    private const int LargeZone = 50;
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BetweenWhenPartial = TimeSpan.FromSeconds(100);

    private readonly Dictionary<string, DateTimeOffset> _next = new(StringComparer.Ordinal);

    /// <summary>
    /// How long the node keeps its Pods: zero says that they may be driven away now, and counts; null that nobody knows,
    /// because too much is broken. Asked again when a node changes.
    /// </summary>
    public TimeSpan? Wait(Node node, IReadOnlyList<Node> all, DateTimeOffset now)
    {
        var zones = all.GroupBy(ZoneOf).ToDictionary(z => z.Key, z => (Lost: z.Count(IsLost), Total: z.Count()), StringComparer.Ordinal);
        if (zones.Values.All(z => z.Lost == z.Total))
        {
            return null;
        }

        var zone = ZoneOf(node);
        var (lost, total) = zones.GetValueOrDefault(zone);
        var isPartial = lost < total && lost > 2 && lost >= UnhealthyShare * total;
        if (isPartial && total <= LargeZone)
        {
            return null;
        }

        if (_next.TryGetValue(zone, out var next) && next > now)
        {
            return next - now;
        }

        _next[zone] = now + (isPartial ? BetweenWhenPartial : Between);
        return TimeSpan.Zero;
    }

    private static string ZoneOf(Node node) => $"{node.Metadata.Labels.GetValueOrDefault(Region)}:\0:{node.Metadata.Labels.GetValueOrDefault(Zone)}";

    // A node that has not said anything yet has no Pods to lose.
    private static bool IsLost(Node node) => node.Condition("Ready") is not { Status: "True" };
}
