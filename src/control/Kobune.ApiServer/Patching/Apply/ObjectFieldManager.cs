using System.Text.Json;
using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Api.Meta.V1;
using Kobune.ApiServer.Patching.Fields;

namespace Kobune.ApiServer.Patching.Apply;

/// <summary>Field ownership for whole objects: from and to <c>metadata.managedFields</c>.</summary>
internal sealed class ObjectFieldManager : IFieldManager
{
    private const string ManagedFieldsName = "managedFields";

    // What a kind's empty object looks like: what every creation is compared with. Nobody changes these trees.
    private static readonly System.Runtime.CompilerServices.ConditionalWeakTable<ResourceInfo, JsonObject> Empty = [];

    public KubeObject Apply(ResourceInfo resource, KubeObject live, ReadOnlyMemory<byte> configuration, FieldManagerCall call)
    {
        var manager = new FieldManager(TypeValueSchema.For(resource.Schema));
        var owner = new FieldOwner(call.Manager, FieldOwner.ApplyOperation, resource.ApiVersion, call.Subresource);
        var (tree, managed) = Split(live);
        var applied = ParseConfiguration(configuration);
        try
        {
            var (merged, owners) = manager.Apply(tree, applied, managed, owner, Reset(call.Subresource), call.Force, call.Now);
            return WithOwners(resource, merged, owners);
        }
        catch (ApplyConflictException e)
        {
            throw StatusErrors.ApplyConflict(
                e.Conflicts.Select(c => new StatusCause { Reason = "FieldManagerConflict", Message = $"conflict with {c.Owner}", Field = c.Path }), e.Message);
        }
    }

    public void Track(ResourceInfo resource, KubeObject? old, KubeObject updated, FieldManagerCall call)
    {
        var manager = new FieldManager(TypeValueSchema.For(resource.Schema));
        var owner = new FieldOwner(call.Manager, FieldOwner.UpdateOperation, resource.ApiVersion, call.Subresource);
        var given = updated.Metadata.ManagedFields;
        var (before, stored) = old is null ? (Empty.GetValue(resource, static r => Touch(JsonText.ToTree(r.Create()))), ManagedFields.None) : Split(old);
        var (after, sent) = Split(updated);
        // A client may rewrite the list itself (an entry of nothing clears it); leaving it out changes nothing.
        var managed = given.Count > 0 && call.Subresource.Length == 0 ? sent : stored;
        var owners = manager.Update(before, after, managed, owner, Reset(call.Subresource), call.Now);
        updated.Metadata.ManagedFields = owners.SameAs(stored) && old is not null && given.Count == 0 ? old.Metadata.ManagedFields : owners.ToApi();
    }

    // What the other endpoint of the object resets is not owned through this one.
    private static FieldSet Reset(string subresource) => subresource switch
    {
        "" => FieldManager.Paths(["status"]),
        "status" => FieldManager.Paths(["spec"]),
        _ => new FieldSet(),
    };

    private static (JsonObject Tree, ManagedFields Managed) Split(KubeObject obj)
    {
        var tree = JsonText.ToTree(obj);
        var managed = ManagedFields.None;
        if (tree["metadata"] is JsonObject metadata && metadata.TryGetPropertyValue(ManagedFieldsName, out var list))
        {
            metadata.Remove(ManagedFieldsName);
            try
            {
                managed = ManagedFields.Read(list);
            }
            catch (JsonException)
            {
                // What nobody can read owns nothing.
            }
        }
        return (tree, managed);
    }

    private static JsonObject ParseConfiguration(ReadOnlyMemory<byte> configuration)
    {
        JsonObject applied;
        try
        {
            applied = JsonNode.Parse(configuration.Span) as JsonObject ?? throw StatusErrors.BadRequest("the applied configuration is no object");
        }
        catch (JsonException e)
        {
            throw StatusErrors.BadRequest($"error decoding YAML: {e.Message}");
        }
        if (applied["metadata"]?[ManagedFieldsName] is JsonArray { Count: > 0 })
        {
            throw StatusErrors.BadRequest("metadata.managedFields must be nil");
        }
        return applied;
    }

    private static KubeObject WithOwners(ResourceInfo resource, JsonObject tree, ManagedFields owners)
    {
        if (tree["metadata"] is not JsonObject metadata)
        {
            tree["metadata"] = metadata = [];
        }
        metadata[ManagedFieldsName] = owners.ToJson();
        return KubeJson.Read(resource, JsonText.Write(tree));
    }

    // Trees come to life where they are read; one that many threads read must be alive all over before.
    private static T Touch<T>(T node) where T : JsonNode
    {
        foreach (var child in node switch { JsonObject map => map.Select(m => m.Value), JsonArray list => list, _ => Enumerable.Empty<JsonNode?>() })
        {
            if (child is not null)
            {
                Touch(child);
            }
        }

        return node;
    }
}
