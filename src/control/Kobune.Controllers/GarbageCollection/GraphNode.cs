using Kobune.Api;
using Kobune.Api.Meta.V1;
using Kobune.Runtime;

namespace Kobune.Controllers.GarbageCollection;

/// <summary>
/// One object in the ownership graph, known by its uid. A virtual node was only heard of in somebody's owner reference:
/// whether it exists must be asked.
/// </summary>
internal sealed class GraphNode(string uid)
{
    public string Uid { get; } = uid;
    public ResourceInfo? Resource { get; set; }
    public ObjectKey Key { get; set; }
    public bool IsVirtual { get; set; } = true;
    public bool IsBeingDeleted { get; set; }
    /// <summary>Foreground deletion: it waits for its dependents.</summary>
    public bool WaitsForDependents { get; set; }
    public bool OrphansDependents { get; set; }
    public IReadOnlyList<OwnerReference> Owners { get; set; } = [];
    public HashSet<GraphNode> Dependents { get; } = [];

    /// <summary>Whether this object holds up the foreground deletion of the owner.</summary>
    public bool Blocks(string ownerUid) => Owners.Any(o => o.Uid == ownerUid && o.BlockOwnerDeletion == true);
}
