using Kobune.Api;

namespace Kobune.Client;

public enum WatchEventType { Added, Modified, Deleted, Bookmark }

/// <summary>One change. Bookmarks carry an object with nothing but kind and resource version (and annotations).</summary>
public readonly record struct WatchEvent(WatchEventType Type, KubeObject Object);

/// <summary>One change of a known kind.</summary>
public readonly record struct WatchEvent<T>(WatchEventType Type, T Object) where T : KubeObject;
