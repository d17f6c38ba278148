using System.Text.Json;
using System.Text.Json.Nodes;
using Kobune.ApiServer.Patching.Fields;

namespace Kobune.ApiServer.Patching.Apply;

/// <summary>
/// Keeps track of who set which field (KEP-555, server-side apply): updates record what they changed, apply requests
/// declare what they own, take back what they no longer mention, and are refused when they would change what others own.
/// </summary>
/// <param name="schema">The schema of the whole object.</param>
internal sealed class FieldManager(ValueSchema schema)
{
    /// <summary>The manager whose apply may take over what it set by client-side apply before.</summary>
    private const string Kubectl = "kubectl";

    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";

    /// <summary>Fields that the server sets itself: nobody owns them.</summary>
    private static readonly FieldSet Unowned = Paths(
        ["apiVersion"], ["kind"], ["metadata"], ["metadata", "name"], ["metadata", "namespace"], ["metadata", "creationTimestamp"],
        ["metadata", "selfLink"], ["metadata", "uid"], ["metadata", "generation"], ["metadata", "managedFields"],
        ["metadata", "resourceVersion"], ["metadata", "deletionTimestamp"], ["metadata", "deletionGracePeriodSeconds"]);

    /// <summary>
    /// Records an update: the new owners of the object's fields.
    /// </summary>
    /// <param name="live">The object before; for a create, the kind's empty object.</param>
    /// <param name="updated">The object after.</param>
    /// <param name="reset">What this endpoint resets (status, or spec), which therefore nobody gets to own through it.</param>
    public ManagedFields Update(JsonObject live, JsonObject updated, ManagedFields managed, FieldOwner owner, FieldSet reset, DateTimeOffset now)
    {
        var (added, modified, removed) = FieldWalk.Compare(live, updated, schema);
        var changed = added.Union(modified);
        foreach (var other in managed.Owners.Where(o => o != owner).ToList())
        {
            var theirs = managed[other]!;
            var left = theirs.Except(changed).ExceptRecursive(removed);
            if (!left.SetEquals(theirs))
            {
                managed = managed.Reduce(other, left);
            }
        }
        var before = managed[owner] ?? new FieldSet();
        var mine = before.Union(changed).ExceptRecursive(removed).Except(Unowned).ExceptRecursive(reset);
        return mine.SetEquals(before) ? managed : managed.With(owner, mine, now).Capped();
    }

    /// <summary>
    /// Applies a configuration. Returns the merged object (before defaulting) and the new owners.
    /// </summary>
    /// <param name="live">The object as it is, or null to create it.</param>
    /// <exception cref="ApplyConflictException">Others own fields that would change, and <paramref name="force"/> is off.</exception>
    public (JsonObject Merged, ManagedFields Managed) Apply(
        JsonObject? live, JsonObject configuration, ManagedFields managed, FieldOwner owner, FieldSet reset, bool force, DateTimeOffset now)
    {
        try
        {
            return ApplyOnce(live, configuration, managed, owner, reset, force, now);
        }
        catch (ApplyConflictException) when (owner.Manager == Kubectl && live is not null && AppliedByClient(live) is { } allowed)
        {
            var (merged, owners) = ApplyOnce(live, configuration, managed, owner, reset, true, now, allowed);
            return (merged, owners);
        }
    }

    /// <summary>The set of these paths, each a list of member names.</summary>
    public static FieldSet Paths(params string[][] paths)
    {
        var set = new FieldSet();
        foreach (var path in paths)
        {
            set.Add([.. path.Select(PathElement.Field)]);
        }
        return set;
    }

    private (JsonObject Merged, ManagedFields Managed) ApplyOnce(
        JsonObject? live, JsonObject configuration, ManagedFields managed, FieldOwner owner, FieldSet reset, bool force, DateTimeOffset now, FieldSet? allowed = null)
    {
        var current = live ?? [];
        var last = managed[owner];
        var claimed = FieldWalk.FieldsOf(configuration, schema).Except(Unowned).ExceptRecursive(reset);
        managed = managed.With(owner, claimed, now);

        var merged = (JsonObject)FieldMerge.Merge(current, configuration, schema)!;
        if (last is not null)
        {
            var owned = managed.Owners.Aggregate(new FieldSet(), (all, o) => all.Union(managed[o]!));
            Prune(merged, last, owned, schema);
        }

        var (added, modified, removed) = FieldWalk.Compare(current, merged, schema);
        var changed = added.Union(modified);
        var conflicts = managed.Owners.Where(o => o != owner)
            .Select(o => (Owner: o, Fields: managed[o]!.Intersect(changed)))
            .Where(c => !c.Fields.IsEmpty).ToList();
        var refused = force && allowed is not null ? [.. conflicts.Select(c => (c.Owner, Fields: c.Fields.Except(allowed))).Where(c => !c.Fields.IsEmpty)] : force ? [] : conflicts;
        if (refused.Count > 0)
        {
            throw ApplyConflictException.From(refused);
        }
        foreach (var (other, fields) in conflicts)
        {
            managed = managed.Reduce(other, managed[other]!.Except(fields));
        }
        foreach (var other in managed.Owners.Where(o => o != owner).ToList())
        {
            var left = managed[other]!.ExceptRecursive(removed);
            if (!left.SetEquals(managed[other]!))
            {
                managed = managed.Reduce(other, left);
            }
        }
        return (merged, managed.Capped());
    }

    // What this owner set before, sets no longer, and nobody else owns, goes. An item that others own a part of stays,
    // without the parts that only this owner had.
    private static void Prune(JsonNode? value, FieldSet last, FieldSet owned, ValueSchema schema)
    {
        var gone = new FieldSet();
        Collect(last, owned, [], gone);
        FieldMerge.Remove(value, gone, schema);

        static void Collect(FieldSet last, FieldSet owned, List<PathElement> path, FieldSet gone)
        {
            foreach (var (element, child) in last.Children)
            {
                path.Add(element);
                var theirs = owned.Child(element);
                if (child.Member && theirs is null or { IsEmpty: true })
                {
                    gone.Add([.. path]);
                }
                else
                {
                    Collect(child, theirs ?? new FieldSet(), path, gone);
                }
                path.RemoveAt(path.Count - 1);
            }
        }
    }

    private FieldSet? AppliedByClient(JsonObject live)
    {
        if (live["metadata"]?["annotations"]?[LastApplied] is not JsonValue annotation || !annotation.TryGetValue(out string? text))
        {
            return null;
        }
        try
        {
            return JsonNode.Parse(text) is JsonObject applied ? FieldWalk.FieldsOf(applied, schema) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
