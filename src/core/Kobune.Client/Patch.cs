namespace Kobune.Client;

/// <summary>The patch formats, each with its media type on the wire.</summary>
public enum PatchKind { Json, Merge, StrategicMerge, Apply }

/// <summary>A patch body: JSON text (or YAML for apply) in UTF-8.</summary>
public sealed record Patch(PatchKind Kind, ReadOnlyMemory<byte> Body);
