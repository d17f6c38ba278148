using Kobune.Api;

namespace Kobune.Runtime;

/// <summary>The objects of an informer with their indexes. One writer, many readers; every read is a copy of references.</summary>
internal sealed class InformerCache<T> where T : KubeObject
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ObjectKey, T> _objects = [];
    private readonly Dictionary<string, Index> _indexes = [];
    private readonly Index _byNamespace;

    public InformerCache() => _byNamespace = new Index(this, static obj => [obj.Metadata.Namespace]);

    public T? Get(ObjectKey key)
    {
        lock (_gate)
        {
            return _objects.GetValueOrDefault(key);
        }
    }

    public IReadOnlyList<T> List()
    {
        lock (_gate)
        {
            return [.. _objects.Values];
        }
    }

    public IReadOnlyList<T> List(string ns) => _byNamespace.Get(ns);

    public IReadOnlyList<ObjectKey> Keys()
    {
        lock (_gate)
        {
            return [.. _objects.Keys];
        }
    }

    /// <summary>Puts the object and returns what was there.</summary>
    public T? Put(ObjectKey key, T obj)
    {
        lock (_gate)
        {
            var old = _objects.GetValueOrDefault(key);
            _objects[key] = obj;
            foreach (var index in AllIndexes())
            {
                index.Move(key, old, obj);
            }

            return old;
        }
    }

    /// <summary>Removes the object and returns it, or null when it was absent.</summary>
    public T? Remove(ObjectKey key)
    {
        lock (_gate)
        {
            if (!_objects.Remove(key, out var old))
            {
                return null;
            }

            foreach (var index in AllIndexes())
            {
                index.Move(key, old, null);
            }

            return old;
        }
    }

    public IIndex<T> IndexBy(string name, Func<T, IEnumerable<string>> keys)
    {
        lock (_gate)
        {
            if (!_indexes.TryGetValue(name, out var index))
            {
                _indexes[name] = index = new Index(this, keys);
                foreach (var (key, obj) in _objects)
                {
                    index.Move(key, null, obj);
                }
            }

            return index;
        }
    }

    private IEnumerable<Index> AllIndexes() => _indexes.Values.Prepend(_byNamespace);

    private sealed class Index(InformerCache<T> cache, Func<T, IEnumerable<string>> keys) : IIndex<T>
    {
        private readonly Dictionary<string, HashSet<ObjectKey>> _members = [];

        public IReadOnlyList<T> Get(string value)
        {
            lock (cache._gate)
            {
                if (!_members.TryGetValue(value, out var members))
                {
                    return [];
                }

                var found = new List<T>(members.Count);
                foreach (var key in members)
                {
                    found.Add(cache._objects[key]);
                }

                return found;
            }
        }

        public void Move(ObjectKey key, T? old, T? now)
        {
            foreach (var value in old is null ? [] : keys(old))
            {
                if (_members.TryGetValue(value, out var members) && members.Remove(key) && members.Count == 0)
                {
                    _members.Remove(value);
                }
            }

            foreach (var value in now is null ? [] : keys(now))
            {
                if (!_members.TryGetValue(value, out var members))
                {
                    _members[value] = members = [];
                }

                members.Add(key);
            }
        }
    }
}
