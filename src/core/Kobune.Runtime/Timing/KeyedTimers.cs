namespace Kobune.Runtime;

/// <summary>One pending action per key: setting a key again replaces its time. The action runs once, on the timer's thread; keep it short.</summary>
public sealed class KeyedTimers<TKey>(TimeProvider time, Action<TKey> due) : IDisposable where TKey : notnull
{
    private readonly Action<TKey> _due = due;
    private readonly DelayedKeys<TKey> _keys = new(time, due);

    public int Count => _keys.Count;

    public void Set(TKey key, TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero)
        {
            _keys.Cancel(key);
            _due(key);
            return;
        }

        _keys.Replace(key, delay);
    }

    public bool Cancel(TKey key) => _keys.Cancel(key);

    public bool Contains(TKey key) => _keys.Contains(key);

    public void Dispose() => _keys.Dispose();
}
