namespace Kobune.Store.Mvcc;

/// <summary>
/// The uncompacted revisions of one key. The newest is held inline, because most keys have only that one;
/// the older ones lie in an array whose dead head is reclaimed when it makes up half of it.
/// </summary>
internal sealed class KeyHistory(string key)
{
    private Entry _latest;
    private Entry[]? _older;
    private int _start;
    private int _end;

    public string Key { get; } = key;

    public Entry Latest => _latest;

    public bool IsEmpty => _latest.IsNothing;

    /// <summary>The newest entry at or below the revision; nothing when the key came later.</summary>
    public Entry At(long revision)
    {
        if (_latest.Revision <= revision)
        {
            return _latest;
        }

        int low = _start, high = _end;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_older![middle].Revision <= revision)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low > _start ? _older![low - 1] : default;
    }

    public void Push(Entry entry)
    {
        if (!IsEmpty)
        {
            MakeRoom();
            _older![_end++] = _latest;
        }

        _latest = entry;
    }

    /// <summary>Takes the newest entry back (its transaction failed).</summary>
    public void Pop()
    {
        _latest = _end > _start ? _older![--_end] : default;
        ReleaseWhenEmpty();
    }

    public void DropOldest()
    {
        if (_end > _start)
        {
            _start++;
            ReleaseWhenEmpty();
        }
        else
        {
            _latest = default;
        }
    }

    private void MakeRoom()
    {
        if (_older is null)
        {
            _older = new Entry[2];
        }
        else if (_end == _older.Length)
        {
            var count = _end - _start;
            var target = _start >= count ? _older : new Entry[count * 2];
            Array.Copy(_older, _start, target, 0, count);
            (_older, _start, _end) = (target, 0, count);
        }
    }

    private void ReleaseWhenEmpty()
    {
        if (_start == _end)
        {
            (_older, _start, _end) = (null, 0, 0);
        }
    }
}
