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
        var sizes = new Dictionary<(int Node, string Image), long>();
        var spread = new Dictionary<string, int>();
        foreach (var node in nodes)
        {
            foreach (var image in attempt.Nodes[node]!.Status.Images)
            {
                foreach (var name in image.Names)
                {
                    if (Array.IndexOf(images, name) >= 0 && sizes.TryAdd((node, name), image.SizeBytes))
                    {
                        spread[name] = spread.GetValueOrDefault(name) + 1;
                    }
                }
            }
        }

        attempt.SetState(new Images(images, sizes, spread, nodes.Count));
        return sizes.Count > 0;
    }

    public long Score(Attempt attempt, int node)
    {
        var images = attempt.State<Images>();
        var sum = images.Names.Sum(name => images.Sizes.TryGetValue((node, name), out var size) ? size * images.Spread[name] / images.Nodes : 0);
        var most = LargePerContainer * images.Names.Length;
        return Scores.Max * (Math.Clamp(sum, Small, most) - Small) / (most - Small);
    }

    private static string Normalized(string image) =>
        image.LastIndexOf(':') <= image.LastIndexOf('/') && !image.Contains('@', StringComparison.Ordinal) ? image + ":latest" : image;

    private sealed record Images(string[] Names, Dictionary<(int Node, string Image), long> Sizes, Dictionary<string, int> Spread, int Nodes);
}
