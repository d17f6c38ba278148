using Kobune.Api;
using Kobune.Client;

namespace Kobune.Runtime;

/// <summary>Receives what a <see cref="Reflector"/> sees. Calls come one after another, never at the same time.</summary>
public interface IReflectorSink
{
    /// <summary>The complete state; whatever is not in it exists no longer.</summary>
    void Replace(IReadOnlyList<KubeObject> items);

    /// <summary>One change; never a bookmark.</summary>
    void Apply(WatchEventType type, KubeObject obj);
}
