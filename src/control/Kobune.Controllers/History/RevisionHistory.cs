using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Api.Apps.V1;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.History;

/// <summary>The revisions of a StatefulSet's or DaemonSet's template, kept as ControllerRevisions, so that Pods can be told apart and a rollout undone.</summary>
internal sealed class RevisionHistory(IKubeClient client, ILister<ControllerRevision> revisions)
{
    public const string HashLabel = "controller-revision-hash";

    /// <summary>All revisions of the owner, oldest first.</summary>
    public IReadOnlyList<ControllerRevision> Of(KubeObject owner) =>
        [.. revisions.List(owner.Metadata.Namespace).Where(r => Owners.IsControlledBy(r, owner)).OrderBy(r => r.Revision).ThenBy(r => r.Metadata.CreationTimestamp)];

    /// <summary>
    /// The revision of the present template: an existing one, raised to be the newest when it is not, or a new one. When the
    /// name is taken by another template the collision count is raised and the caller comes again.
    /// </summary>
    public async Task<(ControllerRevision Revision, int? Collisions)> CurrentAsync(
        KubeObject owner, PodTemplateSpec template, IReadOnlyDictionary<string, string> labels, int? collisions, CancellationToken cancellationToken)
    {
        var all = Of(owner);
        var data = DataOf(template);
        var next = all.Count == 0 ? 1 : all[^1].Revision + 1;
        if (all.LastOrDefault(r => r.Data is { } existing && Same(existing, data)) is { } equal)
        {
            return (equal == all[^1] ? equal : await RaiseAsync(equal, next, cancellationToken), collisions);
        }

        var hash = StableHash.ToName(Hash(data, collisions));
        var revision = new ControllerRevision { Data = new RawJson(data), Revision = next };
        revision.Metadata.Name = $"{owner.Metadata.Name}-{hash}";
        revision.Metadata.Namespace = owner.Metadata.Namespace;
        revision.Metadata.Labels = new Dictionary<string, string>(labels) { [HashLabel] = hash };
        revision.Metadata.OwnerReferences = [Owners.Controlled(owner)];
        try
        {
            return (await client.CreateAsync(revision, cancellationToken: cancellationToken), collisions);
        }
        catch (Exception e) when (e.IsAlreadyExists())
        {
            var other = await client.GetAsync<ControllerRevision>(revision.Namespace, revision.Name, cancellationToken);
            return Owners.IsControlledBy(other, owner) && other.Data is { } existing && Same(existing, data)
                ? (other, collisions)
                : await CurrentAsync(owner, template, labels, (collisions ?? 0) + 1, cancellationToken);
        }
    }

    /// <summary>The owner's template as the revision remembers it.</summary>
    public static PodTemplateSpec TemplateOf(ControllerRevision revision)
    {
        var node = JsonNode.Parse(revision.Data!.Utf8.Span)!["spec"]!["template"]!.AsObject();
        node.Remove("$patch");
        return KubeJson.Read<PodTemplateSpec>(System.Text.Encoding.UTF8.GetBytes(node.ToJsonString()));
    }

    /// <summary>Deletes the oldest revisions that no Pod uses beyond the limit.</summary>
    public async Task TruncateAsync(KubeObject owner, IEnumerable<string> inUse, int limit, CancellationToken cancellationToken)
    {
        var live = inUse.ToHashSet();
        var unused = Of(owner).Where(r => !live.Contains(r.Name) && !live.Contains(r.Metadata.Labels.GetValueOrDefault(HashLabel, ""))).ToList();
        foreach (var revision in unused.Take(Math.Max(0, unused.Count - limit)))
        {
            try
            {
                await client.DeleteAsync<ControllerRevision>(revision.Namespace, revision.Name, cancellationToken: cancellationToken);
            }
            catch (KubeStatusException e) when (e.IsNotFound)
            {
                // gone already
            }
        }
    }

    // As kubectl's undo expects it: a strategic merge patch that replaces the template.
    private static byte[] DataOf(PodTemplateSpec template)
    {
        var node = JsonNode.Parse(KubeJson.Write(template))!.AsObject();
        node["$patch"] = "replace";
        return System.Text.Encoding.UTF8.GetBytes(new JsonObject { ["spec"] = new JsonObject { ["template"] = node } }.ToJsonString());
    }

    private static bool Same(RawJson existing, byte[] data) => JsonNode.DeepEquals(JsonNode.Parse(existing.Utf8.Span), JsonNode.Parse(data));

    private static uint Hash(byte[] data, int? collisions) => collisions is { } count ? StableHash.Fnv32([(byte)count], StableHash.Fnv32(data)) : StableHash.Fnv32(data);

    private async Task<ControllerRevision> RaiseAsync(ControllerRevision revision, long number, CancellationToken cancellationToken)
    {
        var raised = revision.Clone();
        raised.Revision = number;
        return await client.UpdateAsync(raised, cancellationToken: cancellationToken);
    }
}
