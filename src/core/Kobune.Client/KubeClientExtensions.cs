using System.Runtime.CompilerServices;
using System.Text;
using Kobune.Api;
using Kobune.Api.Meta.V1;

namespace Kobune.Client;

/// <summary>
/// The operations of <see cref="IKubeClient"/> for kinds known at compile time. Failures are <see cref="KubeStatusException"/>;
/// what is returned may be shared, so clone before changing.
/// </summary>
public static class KubeClientExtensions
{
    /// <summary>Reads one object; throws with code 404 when it does not exist.</summary>
    public static async Task<T> GetAsync<T>(this IKubeClient client, string? ns, string name, CancellationToken cancellationToken = default)
        where T : KubeObject, IKubeKind<T> =>
        (T)await client.GetAsync(T.Info, ns, name, cancellationToken);

    /// <summary>Reads one object, or null when it does not exist.</summary>
    public static async Task<T?> FindAsync<T>(this IKubeClient client, string? ns, string name, CancellationToken cancellationToken = default)
        where T : KubeObject, IKubeKind<T>
    {
        try
        {
            return (T)await client.GetAsync(T.Info, ns, name, cancellationToken);
        }
        catch (KubeStatusException e) when (e.Status.Code == 404)
        {
            return null;
        }
    }

    /// <summary>Lists a namespace, or all of them when <paramref name="ns"/> is null.</summary>
    public static async Task<KubeList<T>> ListAsync<T>(this IKubeClient client, string? ns = null, ListOptions? options = null, CancellationToken cancellationToken = default)
        where T : KubeObject, IKubeKind<T>
    {
        var page = await client.ListAsync(T.Info, ns, options, cancellationToken);
        var items = new List<T>(page.Items.Count);
        foreach (var item in page.Items)
        {
            items.Add((T)item);
        }

        return new KubeList<T> { Metadata = page.Metadata, Items = items };
    }

    /// <summary>Streams changes; see <see cref="IKubeClient.WatchAsync"/>.</summary>
    public static async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(
        this IKubeClient client, string? ns = null, WatchOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        where T : KubeObject, IKubeKind<T>
    {
        await foreach (var change in client.WatchAsync(T.Info, ns, options, cancellationToken))
        {
            yield return new WatchEvent<T>(change.Type, (T)change.Object);
        }
    }

    /// <summary>Creates the object in the namespace that its metadata names.</summary>
    public static async Task<T> CreateAsync<T>(this IKubeClient client, T obj, WriteOptions? options = null, CancellationToken cancellationToken = default)
        where T : KubeObject, IKubeKind<T> =>
        (T)await client.CreateAsync(T.Info, obj, options, cancellationToken);

    /// <summary>Replaces the object; conditional when its metadata holds a resource version.</summary>
    public static async Task<T> UpdateAsync<T>(this IKubeClient client, T obj, WriteOptions? options = null, CancellationToken cancellationToken = default)
        where T : KubeObject, IKubeKind<T> =>
        (T)await client.UpdateAsync(T.Info, obj, options, cancellationToken);

    /// <summary>Replaces the object's status and nothing else.</summary>
    public static async Task<T> UpdateStatusAsync<T>(this IKubeClient client, T obj, WriteOptions? options = null, CancellationToken cancellationToken = default)
        where T : KubeObject, IKubeKind<T> =>
        (T)await client.UpdateAsync(T.Info, obj, (options ?? new WriteOptions()) with { Subresource = "status" }, cancellationToken);

    /// <summary>Patches the object.</summary>
    public static async Task<T> PatchAsync<T>(this IKubeClient client, string? ns, string name, Patch patch, WriteOptions? options = null, CancellationToken cancellationToken = default)
        where T : KubeObject, IKubeKind<T> =>
        (T)await client.PatchAsync(T.Info, ns, name, patch, options, cancellationToken);

    /// <summary>Patches the object with JSON text.</summary>
    public static Task<T> PatchAsync<T>(this IKubeClient client, string? ns, string name, PatchKind kind, string body, WriteOptions? options = null, CancellationToken cancellationToken = default)
        where T : KubeObject, IKubeKind<T> =>
        client.PatchAsync<T>(ns, name, new Patch(kind, Encoding.UTF8.GetBytes(body)), options, cancellationToken);

    /// <summary>Deletes the object, or marks it for deletion when a finalizer or a grace period holds it.</summary>
    public static Task DeleteAsync<T>(this IKubeClient client, string? ns, string name, DeleteOptions? options = null, CancellationToken cancellationToken = default)
        where T : KubeObject, IKubeKind<T> =>
        client.DeleteAsync(T.Info, ns, name, options, cancellationToken);
}
