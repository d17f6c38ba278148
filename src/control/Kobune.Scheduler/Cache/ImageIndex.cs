using Kobune.Api.Core.V1;

namespace Kobune.Scheduler.Cache;

/// <summary>Which nodes have an image, and how large it is there.</summary>
internal sealed class ImageIndex
{
    private readonly Dictionary<string, Dictionary<int, long>> _byName = new(StringComparer.Ordinal);

    /// <summary>Size in bytes by node number, or null when no node has it.</summary>
    public IReadOnlyDictionary<int, long>? Find(string image) => _byName.GetValueOrDefault(image);

    public void Replace(int number, Node? old, Node? now)
    {
        foreach (var name in old?.Status.Images.SelectMany(i => i.Names) ?? [])
        {
            if (_byName.TryGetValue(name, out var nodes) && nodes.Remove(number) && nodes.Count == 0)
            {
                _byName.Remove(name);
            }
        }

        foreach (var image in now?.Status.Images ?? [])
        {
            foreach (var name in image.Names)
            {
                if (!_byName.TryGetValue(name, out var nodes))
                {
                    _byName[name] = nodes = [];
                }

                nodes[number] = image.SizeBytes;
            }
        }
    }
}
