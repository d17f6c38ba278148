using Kobune.Scheduler.Framework;

namespace Kobune.Scheduler.Plugins;

/// <summary>Prefers nodes that have the Pod's images already, large ones counting more, those that many nodes have counting more.</summary>
internal sealed class ImageLocality : IScorePlugin
{
    private const long Small = 23L * 1024 * 1024;
    private const long LargePerContainer = 1000L * 1024 * 1024;

    public string Name => "ImageLocality";

    public int Weight => 1;

    public bool Prepare(Attempt attempt, IReadOnlyList<int> nodes)
    {
        var images = attempt.Pod.Spec.InitContainers.Concat(attempt.Pod.Spec.Containers).Select(c => Normalized(c.Image)).ToArray();
        var found = Array.ConvertAll(images, attempt.Nodes.Images.Find);
        attempt.SetState(new Images(found, attempt.Nodes.Count));
        return Array.Exists(found, f => f is not null);
    }

    public long Score(Attempt attempt, int node)
    {
        var images = attempt.State<Images>();
        var sum = 0L;
        foreach (var nodes in images.Found)
        {
            sum += nodes is not null && nodes.TryGetValue(node, out var size) ? size * nodes.Count / images.Nodes : 0;
        }

        var most = LargePerContainer * images.Found.Length;
        return Scores.Max * (Math.Clamp(sum, Small, most) - Small) / (most - Small);
    }

    private static string Normalized(string image) =>
        image.LastIndexOf(':') <= image.LastIndexOf('/') && !image.Contains('@', StringComparison.Ordinal) ? image + ":latest" : image;

    private sealed record Images(IReadOnlyDictionary<int, long>?[] Found, int Nodes);
}
