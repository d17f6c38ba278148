namespace Kobune.Kubelet.Probes;

/// <summary>The probe loops of one Pod. Used by its worker's loop alone.</summary>
internal sealed class ProbeSet
{
    private readonly Dictionary<(string ContainerId, ProbeKind Kind), CancellationTokenSource> _loops = [];

    public void Start((string, ProbeKind) key, Func<CancellationToken, Task> loop)
    {
        if (_loops.ContainsKey(key))
        {
            return;
        }

        var stop = new CancellationTokenSource();
        _loops[key] = stop;
        _ = RunAsync(loop, stop.Token);
    }

    public void Keep(IReadOnlySet<(string, ProbeKind)> wanted)
    {
        foreach (var (key, stop) in _loops.ToArray())
        {
            if (!wanted.Contains(key))
            {
                _loops.Remove(key);
                stop.Cancel();
                stop.Dispose();
            }
        }
    }

    public void Clear() => Keep(new HashSet<(string, ProbeKind)>());

    private static async Task RunAsync(Func<CancellationToken, Task> loop, CancellationToken cancellation)
    {
        try
        {
            await loop(cancellation);
        }
        catch (OperationCanceledException)
        {
            // The container is gone or the probe has done its work.
        }
    }
}
