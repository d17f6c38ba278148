using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Client;
using Kobune.Controllers.Resources;
using Kobune.Runtime;

namespace Kobune.Controllers.GarbageCollection;

/// <summary>
/// Deletes objects whose owners are gone, over all kinds: in the background, in the foreground (the owner waits until the
/// dependents that block it are gone), or not at all (the dependents are orphaned). Driven by events alone. The graph may
/// be behind, so before anything is deleted or changed the object is read afresh, and an owner counts as absent only when
/// the API server says so.
/// </summary>
internal sealed class GarbageCollector : Controller
{
    private const string Look = "look";
    private const string Orphan = "orphan";

    private readonly ResourceCatalog _catalog;
    private readonly ResourceFeed _feed;
    private readonly OwnershipGraph _graph;
    private Task? _synced;

    public GarbageCollector(ControllerContext context, ResourceCatalog catalog, ResourceFeed feed) : base(context, "generic-garbage-collector", workers: 5)
    {
        WritesAll();
        _catalog = catalog;
        _feed = feed;
        _graph = new OwnershipGraph(uid => Queue.Add(new ObjectKey(Look, uid)), uid => Queue.Add(new ObjectKey(Orphan, uid)));
        feed.AddListener(_graph);
    }

    protected override Task RunBackgroundAsync(CancellationToken cancellationToken) => _feed.RunAsync(cancellationToken);

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        await (_synced ??= _feed.WaitForSyncAsync(cancellationToken));
        if (_graph.Read(key.Name, (node, _) => node is { Resource: not null, IsVirtual: false } ? new Target(node.Resource, node.Key, node.Uid) : null) is not { } target)
        {
            return;
        }

        if (key.Namespace == Orphan)
        {
            await OrphanDependentsAsync(target, cancellationToken);
        }
        else
        {
            await LookAsync(target, cancellationToken);
        }
    }

    private sealed record Target(ResourceInfo Resource, ObjectKey Key, string Uid);

    private async Task LookAsync(Target target, CancellationToken cancellationToken)
    {
        var (deleting, waits, suspicious) = _graph.Read(target.Uid, (node, find) => node is null
            ? (true, false, false)
            : (node.IsBeingDeleted, node.WaitsForDependents, node.Owners.Any(o => Judge(target, o, find) != Verdict.Solid)));
        if (waits)
        {
            await FinishForegroundAsync(target, cancellationToken);
            return;
        }

        if (deleting || !suspicious || await FetchAsync(target, cancellationToken) is not { } latest)
        {
            return;
        }

        var verdicts = await JudgeAsync(target, latest, cancellationToken);
        var solid = verdicts.Count(v => v.Verdict == Verdict.Solid);
        if (verdicts.Count == 0 || solid == verdicts.Count)
        {
            return;
        }

        if (solid > 0)
        {
            var remove = verdicts.Where(v => v.Verdict != Verdict.Solid).Select(v => v.Owner.Uid).ToHashSet();
            await PatchOwnersAsync(target, latest, o => remove.Contains(o.Uid) ? null : o, cancellationToken);
            return;
        }

        await DeleteAsync(target, latest, verdicts.Any(v => v.Verdict == Verdict.Waiting), cancellationToken);
    }

    private async Task DeleteAsync(Target target, KubeObject latest, bool ownerWaits, CancellationToken cancellationToken)
    {
        var hasDependents = _graph.Read(target.Uid, (node, _) => node?.Dependents.Count > 0);
        var policy = latest.Metadata.Finalizers.Contains(OwnershipGraph.OrphanFinalizer) ? "Orphan"
            : latest.Metadata.Finalizers.Contains(OwnershipGraph.ForegroundFinalizer) || (ownerWaits && hasDependents) ? "Foreground"
            : "Background";
        if (ownerWaits && policy == "Foreground" && _graph.Read(target.Uid, (node, _) => node?.Dependents.Any(d => d.WaitsForDependents) == true))
        {
            // A circle: this one's dependents wait for it too. It must not block them, or all would wait for ever.
            latest = await PatchOwnersAsync(target, latest, Unblocked, cancellationToken) ?? latest;
        }

        try
        {
            var options = new DeleteOptions
            {
                Preconditions = new Preconditions { Uid = target.Uid, ResourceVersion = latest.Metadata.ResourceVersion },
                PropagationPolicy = policy,
            };
            await Client.DeleteAsync(target.Resource, target.Key.NamespaceOrNull, target.Key.Name, options, cancellationToken);
        }
        catch (KubeStatusException e) when (e.IsNotFound)
        {
            // gone already
        }
    }

    private async Task FinishForegroundAsync(Target target, CancellationToken cancellationToken)
    {
        var blocking = _graph.Read(target.Uid, (node, _) => node is null
            ? []
            : node.Dependents.Where(d => d.Blocks(target.Uid)).Select(d => (d.Uid, d.WaitsForDependents)).ToList());
        foreach (var (uid, waits) in blocking)
        {
            if (!waits)
            {
                Queue.Add(new ObjectKey(Look, uid));
            }
        }

        if (blocking.Count == 0 && await FetchAsync(target, cancellationToken) is { } latest)
        {
            await RemoveFinalizerAsync(target, latest, OwnershipGraph.ForegroundFinalizer, cancellationToken);
        }
    }

    private async Task OrphanDependentsAsync(Target owner, CancellationToken cancellationToken)
    {
        var dependents = _graph.Read(owner.Uid, (node, _) => node is null
            ? []
            : node.Dependents.Where(d => d is { Resource: not null, IsVirtual: false }).Select(d => new Target(d.Resource!, d.Key, d.Uid)).ToList());
        foreach (var dependent in dependents)
        {
            if (await FetchAsync(dependent, cancellationToken) is { } latest)
            {
                await PatchOwnersAsync(dependent, latest, o => o.Uid == owner.Uid ? null : o, cancellationToken);
            }
        }

        if (await FetchAsync(owner, cancellationToken) is { } self)
        {
            await RemoveFinalizerAsync(owner, self, OwnershipGraph.OrphanFinalizer, cancellationToken);
        }
    }

    private enum Verdict { Solid, Waiting, Dangling, Unknown }

    // What the graph knows; whatever it is not sure of must be asked.
    private static Verdict Judge(Target dependent, OwnerReference reference, Func<string, GraphNode?> find)
    {
        var owner = find(reference.Uid);
        if (owner is null or { IsVirtual: true } || owner.Key.Name != reference.Name || owner.Resource?.Kind != reference.Kind
            || (owner.Key.Namespace.Length > 0 && owner.Key.Namespace != dependent.Key.Namespace))
        {
            return Verdict.Unknown;
        }

        return owner.WaitsForDependents ? Verdict.Waiting : Verdict.Solid;
    }

    private async Task<List<(OwnerReference Owner, Verdict Verdict)>> JudgeAsync(Target target, KubeObject latest, CancellationToken cancellationToken)
    {
        var verdicts = new List<(OwnerReference, Verdict)>();
        foreach (var reference in latest.Metadata.OwnerReferences)
        {
            var verdict = _graph.Read(reference.Uid, (_, find) => Judge(target, reference, find));
            verdicts.Add((reference, verdict == Verdict.Unknown ? await AskAsync(target, latest, reference, cancellationToken) : verdict));
        }

        return verdicts;
    }

    private async Task<Verdict> AskAsync(Target dependent, KubeObject latest, OwnerReference reference, CancellationToken cancellationToken)
    {
        if (_catalog.Find(reference.ApiVersion, reference.Kind) is not { } resource || (resource.Namespaced && dependent.Key.Namespace.Length == 0))
        {
            return Verdict.Solid; // a kind that nobody serves (now), or a reference that cannot be followed: never delete on a guess
        }

        try
        {
            var owner = await Client.GetAsync(resource, resource.Namespaced ? dependent.Key.Namespace : null, reference.Name, cancellationToken);
            if (owner.Metadata.Uid == reference.Uid)
            {
                return owner.Metadata.DeletionTimestamp is not null && owner.Metadata.Finalizers.Contains(OwnershipGraph.ForegroundFinalizer) ? Verdict.Waiting : Verdict.Solid;
            }
        }
        catch (KubeStatusException e) when (e.IsNotFound)
        {
            // fall through
        }

        WarnOfForeignOwner(latest, reference);
        return Verdict.Dangling;
    }

    private void WarnOfForeignOwner(KubeObject dependent, OwnerReference reference)
    {
        var elsewhere = _graph.Read(reference.Uid, (node, _) => node is { IsVirtual: false } && node.Key.Namespace.Length > 0 && node.Key.Namespace != dependent.Metadata.Namespace);
        if (elsewhere)
        {
            Events.Warning(dependent, "OwnerRefInvalidNamespace",
                $"ownerRef [{reference.ApiVersion}/{reference.Kind}, namespace: {dependent.Metadata.Namespace}, name: {reference.Name}, uid: {reference.Uid}] does not exist in namespace \"{dependent.Metadata.Namespace}\"");
        }
    }

    /// <summary>The object as it is now, or null when it, with this uid, is no more.</summary>
    private async Task<KubeObject?> FetchAsync(Target target, CancellationToken cancellationToken)
    {
        try
        {
            var obj = await Client.GetAsync(target.Resource, target.Key.NamespaceOrNull, target.Key.Name, cancellationToken);
            return obj.Metadata.Uid == target.Uid ? obj : null;
        }
        catch (KubeStatusException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    private static OwnerReference Unblocked(OwnerReference reference)
    {
        var copy = reference.Clone();
        copy.BlockOwnerDeletion = false;
        return copy;
    }

    private Task<KubeObject?> PatchOwnersAsync(Target target, KubeObject latest, Func<OwnerReference, OwnerReference?> change, CancellationToken cancellationToken)
    {
        var owners = latest.Metadata.OwnerReferences.Select(change).OfType<OwnerReference>()
            .Select(o => JsonNode.Parse(KubeJson.Write(o))).ToArray();
        return PatchAsync(target, latest, "ownerReferences", owners.Length == 0 ? null : new JsonArray(owners), cancellationToken);
    }

    private Task RemoveFinalizerAsync(Target target, KubeObject latest, string finalizer, CancellationToken cancellationToken)
    {
        if (!latest.Metadata.Finalizers.Contains(finalizer))
        {
            return Task.CompletedTask;
        }

        var rest = latest.Metadata.Finalizers.Where(f => f != finalizer).Select(f => (JsonNode?)f).ToArray();
        return PatchAsync(target, latest, "finalizers", rest.Length == 0 ? null : new JsonArray(rest), cancellationToken);
    }

    // A merge patch serves custom resources as well; the resource version in it makes it conditional, a conflict brings us back.
    private async Task<KubeObject?> PatchAsync(Target target, KubeObject latest, string field, JsonNode? value, CancellationToken cancellationToken)
    {
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["uid"] = target.Uid, ["resourceVersion"] = latest.Metadata.ResourceVersion, [field] = value },
        };
        try
        {
            return await Client.PatchAsync(target.Resource, target.Key.NamespaceOrNull, target.Key.Name,
                new Patch(PatchKind.Merge, System.Text.Encoding.UTF8.GetBytes(patch.ToJsonString())), cancellationToken: cancellationToken);
        }
        catch (KubeStatusException e) when (e.IsNotFound)
        {
            return null;
        }
    }
}
