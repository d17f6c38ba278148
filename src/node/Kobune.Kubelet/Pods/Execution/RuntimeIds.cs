using System.Collections.Concurrent;

namespace Kobune.Kubelet.Pods.Execution;

/// <summary>Which Pod a sandbox or container belongs to. Entered before a container starts, so that even its immediate exit finds its worker.</summary>
internal sealed class RuntimeIds
{
    private readonly ConcurrentDictionary<string, string> _podOf = new(StringComparer.Ordinal);

    public void Add(string id, string podUid) => _podOf[id] = podUid;

    public string? PodOf(string id) => _podOf.GetValueOrDefault(id);

    public void ForgetPod(string podUid)
    {
        foreach (var (id, uid) in _podOf)
        {
            if (uid == podUid)
            {
                _podOf.TryRemove(id, out _);
            }
        }
    }
}
