using System.Text.Json;
using Kobune.Api;
using Kobune.Api.Meta.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers;

/// <summary>Owner references of controllers: making, adopting, releasing.</summary>
internal static class Owners
{
    /// <summary>The reference that an object controlled by <paramref name="owner"/> carries.</summary>
    public static OwnerReference Controlled(KubeObject owner) => new()
    {
        ApiVersion = owner.ApiVersion,
        Kind = owner.Kind,
        Name = owner.Metadata.Name,
        Uid = owner.Metadata.Uid,
        Controller = true,
        BlockOwnerDeletion = true,
    };

    public static bool IsControlledBy(KubeObject obj, KubeObject owner) => Indexes.ControllerOf(obj)?.Uid == owner.Metadata.Uid;

    /// <summary>
    /// Of the candidates, those that are the owner's: those it controls and that still match; orphans that match are adopted,
    /// and those that match no longer are released. Before the first adoption the owner is read afresh, because the cache
    /// may not know yet that it is being deleted or was replaced. A <paramref name="finalizer"/> comes with adoption and goes
    /// with release.
    /// </summary>
    public static async Task<List<T>> ClaimAsync<T>(
        IKubeClient client, KubeObject owner, IEnumerable<T> candidates, Func<T, bool> matches, CancellationToken cancellationToken, string? finalizer = null)
        where T : KubeObject, IKubeKind<T>
    {
        var claimed = new List<T>();
        bool? canAdopt = null;
        foreach (var candidate in candidates)
        {
            if (Indexes.ControllerOf(candidate) is { } controller)
            {
                if (controller.Uid != owner.Metadata.Uid)
                {
                    continue;
                }

                if (matches(candidate))
                {
                    claimed.Add(candidate);
                }
                else if (owner.Metadata.DeletionTimestamp is null)
                {
                    await ReleaseAsync(client, owner, candidate, finalizer, cancellationToken);
                }

                continue;
            }

            if (owner.Metadata.DeletionTimestamp is not null || candidate.Metadata.DeletionTimestamp is not null || !matches(candidate))
            {
                continue;
            }

            canAdopt ??= await IsStillThereAsync(client, owner, cancellationToken);
            if (canAdopt.Value && await AdoptAsync(client, owner, candidate, finalizer, cancellationToken) is { } adopted)
            {
                claimed.Add(adopted);
            }
        }

        return claimed;
    }

    private static async Task<bool> IsStillThereAsync(IKubeClient client, KubeObject owner, CancellationToken cancellationToken)
    {
        try
        {
            var fresh = await client.GetAsync(owner.Resource, owner.Metadata.Namespace, owner.Metadata.Name, cancellationToken);
            return fresh.Metadata.Uid == owner.Metadata.Uid && fresh.Metadata.DeletionTimestamp is null;
        }
        catch (KubeStatusException e) when (e.Status.Code == 404)
        {
            return false;
        }
    }

    private static async Task<T?> AdoptAsync<T>(IKubeClient client, KubeObject owner, T orphan, string? finalizer, CancellationToken cancellationToken)
        where T : KubeObject, IKubeKind<T>
    {
        var reference = $$"""{"apiVersion":"{{owner.ApiVersion}}","kind":"{{owner.Kind}}","name":{{JsonSerializer.Serialize(owner.Metadata.Name)}},"uid":"{{owner.Metadata.Uid}}","controller":true,"blockOwnerDeletion":true}""";
        var finalizers = finalizer is null ? "" : $$""","finalizers":["{{finalizer}}"]""";
        var body = $$$"""{"metadata":{"ownerReferences":[{{{reference}}}],"uid":"{{{orphan.Metadata.Uid}}}"{{{finalizers}}}}}""";
        return await PatchAsync(client, orphan, body, cancellationToken);
    }

    private static Task ReleaseAsync<T>(IKubeClient client, KubeObject owner, T child, string? finalizer, CancellationToken cancellationToken)
        where T : KubeObject, IKubeKind<T>
    {
        var finalizers = finalizer is null ? "" : $$""","$deleteFromPrimitiveList/finalizers":["{{finalizer}}"]""";
        var body = $$$"""{"metadata":{"uid":"{{{child.Metadata.Uid}}}"{{{finalizers}}},"ownerReferences":[{"$patch":"delete","uid":"{{{owner.Metadata.Uid}}}"}]}}""";
        return PatchAsync(client, child, body, cancellationToken);
    }

    // The uid in the patch is a precondition: an object of the same name that is not this one answers 409 or 422.
    private static async Task<T?> PatchAsync<T>(IKubeClient client, T obj, string body, CancellationToken cancellationToken)
        where T : KubeObject, IKubeKind<T>
    {
        try
        {
            return await client.PatchAsync<T>(obj.Metadata.Namespace, obj.Metadata.Name, PatchKind.StrategicMerge, body, cancellationToken: cancellationToken);
        }
        catch (KubeStatusException e) when (e.Status.Code is 404 or 409 or 422)
        {
            return null;
        }
    }
}
