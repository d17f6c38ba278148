using Kobune.Api;

namespace Kobune.Runtime;

/// <summary>Reads from an informer's cache. The objects are shared: treat them as immutable and clone before changing.</summary>
public interface ILister<T> where T : KubeObject
{
    /// <summary>The object, or null. The namespace is empty or null for cluster-scoped kinds.</summary>
    T? Get(string? ns, string name);

    /// <summary>The object, or null.</summary>
    T? Get(ObjectKey key);

    /// <summary>All objects, in no particular order.</summary>
    IReadOnlyList<T> List();

    /// <summary>All objects of a namespace, in no particular order.</summary>
    IReadOnlyList<T> List(string ns);

    /// <summary>An index over the cache. Indexes with the same name are shared, so the name must tell the function.</summary>
    IIndex<T> IndexBy(string name, Func<T, IEnumerable<string>> keys);

    /// <summary>Completes when the cache has seen the complete state once.</summary>
    Task Synced { get; }
}

/// <summary>The objects of a cache by a derived value.</summary>
public interface IIndex<T> where T : KubeObject
{
    /// <summary>The objects with the value, in no particular order.</summary>
    IReadOnlyList<T> Get(string value);
}
