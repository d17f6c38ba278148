using Kobune.Api;
using Kobune.Client;
using Microsoft.Extensions.Logging;

namespace Kobune.Runtime;

/// <summary>
/// A cache of the objects of a selection, kept current by watching, and the handlers that hear of its changes. Handlers
/// run on the informer's own loop, one event after another: they must only note the change (queue a key) and return.
/// There is no periodic resync: an idle informer costs nothing.
/// </summary>
public sealed partial class Informer<T> : ILister<T>, IInformer, IReflectorSink where T : KubeObject
{
    private readonly InformerCache<T> _cache = new();
    private readonly Reflector _reflector;
    private readonly Selection _selection;
    private readonly ILogger _logger;

    // Held while a change is applied and told, and while a handler joins: so a handler that comes late sees the state as
    // it is and every change after it, none twice and none missing.
    private readonly Lock _telling = new();
    private Action<InformerEvent<T>>[] _handlers = [];

    public Informer(IKubeClient client, Selection selection, TimeProvider time, ILogger logger)
    {
        _selection = selection;
        _logger = logger;
        _reflector = new Reflector(client, selection, this, time, logger);
    }

    public ResourceInfo Resource => _selection.Resource;

    public Task Synced => _reflector.Synced;

    public bool HasSynced => _reflector.Synced.IsCompletedSuccessfully;

    /// <summary>Follows the objects until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => _reflector.RunAsync(cancellationToken);

    /// <summary>Adds a handler; it hears at once of everything that the cache holds, as additions.</summary>
    public void AddHandler(Action<InformerEvent<T>> handler)
    {
        lock (_telling)
        {
            _handlers = [.. _handlers, handler];
            foreach (var obj in _cache.List())
            {
                Call(handler, new InformerEvent<T>(InformerEventType.Added, obj, null));
            }
        }
    }

    public T? Get(string? ns, string name) => _cache.Get(new ObjectKey(ns ?? "", name));

    public T? Get(ObjectKey key) => _cache.Get(key);

    public IReadOnlyList<T> List() => _cache.List();

    public IReadOnlyList<T> List(string ns) => _cache.List(ns);

    public IIndex<T> IndexBy(string name, Func<T, IEnumerable<string>> keys) => _cache.IndexBy(name, keys);

    void IReflectorSink.Replace(IReadOnlyList<KubeObject> items)
    {
        lock (_telling)
        {
            var gone = _cache.Keys().ToHashSet();
            foreach (var item in items)
            {
                gone.Remove(ObjectKey.Of(item));
                Put((T)item);
            }

            foreach (var key in gone)
            {
                Remove(key, null);
            }
        }
    }

    void IReflectorSink.Apply(WatchEventType type, KubeObject obj)
    {
        lock (_telling)
        {
            if (type == WatchEventType.Deleted)
            {
                Remove(ObjectKey.Of(obj), (T)obj);
            }
            else
            {
                Put((T)obj);
            }
        }
    }

    private void Put(T obj)
    {
        var key = ObjectKey.Of(obj);
        var old = _cache.Put(key, obj);
        if (old is null)
        {
            Tell(new InformerEvent<T>(InformerEventType.Added, obj, null));
        }
        else if (old.Metadata.Uid != obj.Metadata.Uid)
        {
            // Deleted and created again behind our back: two objects, not one that changed.
            Tell(new InformerEvent<T>(InformerEventType.Deleted, old, null));
            Tell(new InformerEvent<T>(InformerEventType.Added, obj, null));
        }
        else if (old.Metadata.ResourceVersion != obj.Metadata.ResourceVersion)
        {
            Tell(new InformerEvent<T>(InformerEventType.Updated, obj, old));
        }
    }

    private void Remove(ObjectKey key, T? last)
    {
        if (_cache.Remove(key) is { } old)
        {
            Tell(new InformerEvent<T>(InformerEventType.Deleted, last ?? old, old));
        }
    }

    private void Tell(InformerEvent<T> change)
    {
        foreach (var handler in _handlers)
        {
            Call(handler, change);
        }
    }

    private void Call(Action<InformerEvent<T>> handler, InformerEvent<T> change)
    {
        try
        {
            handler(change);
        }
        catch (Exception e)
        {
            LogHandler(_logger, e, _selection, change.Key);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A handler of {Selection} failed at {Key}")]
    private static partial void LogHandler(ILogger logger, Exception exception, Selection selection, ObjectKey key);
}
