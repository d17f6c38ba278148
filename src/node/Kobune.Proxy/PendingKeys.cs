using System.Threading.Channels;

namespace Kobune.Proxy;

/// <summary>
/// Keys that changed since they were last taken, each once: bounded by the number of objects. One taker waits; while it works,
/// changes gather and go out together.
/// </summary>
internal sealed class PendingKeys
{
    private readonly Lock _gate = new();
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private HashSet<string> _keys = [];
    private bool _all = true;

    public void Add(string key)
    {
        lock (_gate)
        {
            _keys.Add(key);
        }
        _signal.Writer.TryWrite(true);
    }

    /// <summary>Everything has to be looked at again.</summary>
    public void AddAll()
    {
        lock (_gate)
        {
            _all = true;
        }
        _signal.Writer.TryWrite(true);
    }

    /// <summary>Waits until there is something.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken) => await _signal.Reader.ReadAsync(cancellationToken);

    /// <summary>What has gathered; All: everything, whatever the keys say.</summary>
    public (HashSet<string> Keys, bool All) Take()
    {
        lock (_gate)
        {
            var result = (_keys, _all);
            (_keys, _all) = ([], false);
            return result;
        }
    }
}
