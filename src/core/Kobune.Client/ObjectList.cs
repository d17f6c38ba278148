using Kobune.Api;
using Kobune.Api.Meta.V1;

namespace Kobune.Client;

/// <summary>A page of objects with its list metadata (resourceVersion, continue, remainingItemCount).</summary>
public sealed record ObjectList(IReadOnlyList<KubeObject> Items, ListMeta Metadata);
