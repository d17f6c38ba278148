using Kobune.Api;

namespace Kobune.Runtime;

public enum InformerEventType { Added, Updated, Deleted }

/// <summary>One change of the cache. <see cref="Old"/> is what was there before an update; on deletion <see cref="Object"/> is the last state seen.</summary>
public readonly record struct InformerEvent<T>(InformerEventType Type, T Object, T? Old) where T : KubeObject
{
    public ObjectKey Key => ObjectKey.Of(Object);
}
