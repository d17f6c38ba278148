using Kobune.Api;
using Kobune.Api.Meta.V1;
using Kobune.Controllers.Resources;
using Kobune.Runtime;

namespace Kobune.Controllers.GarbageCollection;

/// <summary>
/// Who owns whom, over all kinds, kept current by the resource feed. It tells which objects a change makes worth a look:
/// <paramref name="look"/> for "should this one go?", <paramref name="orphan"/> for "let its dependents go free".
/// </summary>
internal sealed class OwnershipGraph(Action<string> look, Action<string> orphan) : IResourceListener
{
    public const string ForegroundFinalizer = "foregroundDeletion";
    public const string OrphanFinalizer = "orphan";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, GraphNode> _nodes = [];

    /// <summary>Reads the graph consistently; nothing that the function returns may refer to nodes that change.</summary>
    public TResult Read<TResult>(string uid, Func<GraphNode?, Func<string, GraphNode?>, TResult> read)
    {
        lock (_gate)
        {
            return read(_nodes.GetValueOrDefault(uid), u => _nodes.GetValueOrDefault(u));
        }
    }

    public void Saw(ResourceInfo resource, KubeObject obj)
    {
        lock (_gate)
        {
            var node = NodeOf(obj.Metadata.Uid);
            node.Resource = resource;
            node.Key = ObjectKey.Of(obj);
            node.IsVirtual = false;
            SetOwners(node, obj.Metadata.OwnerReferences);
            NoteDeletion(node, obj.Metadata);
        }
    }

    public void Gone(ResourceInfo resource, ObjectKey key, string uid)
    {
        lock (_gate)
        {
            if (_nodes.TryGetValue(uid, out var node))
            {
                Remove(node);
            }
        }
    }

    private void Remove(GraphNode node)
    {
        _nodes.Remove(node.Uid);
        var owners = node.Owners;
        SetOwners(node, []);
        foreach (var owner in owners)
        {
            if (_nodes.TryGetValue(owner.Uid, out var waiting) && waiting.WaitsForDependents)
            {
                look(owner.Uid);
            }
        }

        foreach (var dependent in node.Dependents)
        {
            look(dependent.Uid);
        }

        if (node.Dependents.Count > 0)
        {
            // Its dependents still name it: they are to find it absent, not unknown.
            var ghost = new GraphNode(node.Uid) { Resource = node.Resource, Key = node.Key };
            ghost.Dependents.UnionWith(node.Dependents);
            _nodes[node.Uid] = ghost;
        }
    }

    private void SetOwners(GraphNode node, IReadOnlyList<OwnerReference> owners)
    {
        if (ApiStruct.DeepEquals(node.Owners, owners))
        {
            return;
        }

        foreach (var former in node.Owners)
        {
            if (_nodes.TryGetValue(former.Uid, out var owner))
            {
                Detach(node, owner, owners);
            }
        }

        node.Owners = owners;
        var unknown = false;
        foreach (var reference in owners)
        {
            var owner = NodeOf(reference.Uid);
            owner.Dependents.Add(node);
            unknown |= owner.IsVirtual;
            if (owner.WaitsForDependents)
            {
                look(node.Uid);
            }
        }

        if (unknown)
        {
            look(node.Uid);
        }
    }

    private void Detach(GraphNode node, GraphNode owner, IReadOnlyList<OwnerReference> now)
    {
        if (now.All(o => o.Uid != owner.Uid))
        {
            owner.Dependents.Remove(node);
            if (owner.IsVirtual && owner.Dependents.Count == 0)
            {
                _nodes.Remove(owner.Uid);
            }

            look(node.Uid);
        }

        if (owner.WaitsForDependents)
        {
            look(owner.Uid);
        }
    }

    private void NoteDeletion(GraphNode node, ObjectMeta metadata)
    {
        if (metadata.DeletionTimestamp is null)
        {
            return;
        }

        node.IsBeingDeleted = true;
        var waits = metadata.Finalizers.Contains(ForegroundFinalizer);
        if (waits && !node.WaitsForDependents)
        {
            node.WaitsForDependents = true;
            foreach (var dependent in node.Dependents)
            {
                look(dependent.Uid);
            }

            look(node.Uid);
        }

        node.WaitsForDependents = waits;
        var orphans = metadata.Finalizers.Contains(OrphanFinalizer);
        if (orphans && !node.OrphansDependents)
        {
            orphan(node.Uid);
        }

        node.OrphansDependents = orphans;
    }

    private GraphNode NodeOf(string uid)
    {
        if (!_nodes.TryGetValue(uid, out var node))
        {
            _nodes[uid] = node = new GraphNode(uid);
        }

        return node;
    }
}
