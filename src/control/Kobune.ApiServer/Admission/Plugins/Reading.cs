using Kobune.Api;

namespace Kobune.ApiServer.Admission.Plugins;

/// <summary>Reads of the watch cache by type.</summary>
internal static class Reading
{
    /// <summary>The cached object; when the cache has none, it is asked again after it caught up with all writes.</summary>
    public static async ValueTask<T?> FindAsync<T>(this IObjectReader objects, string? ns, string name, CancellationToken cancellationToken)
        where T : KubeObject, IKubeKind<T> =>
        (T?)(await objects.FindAsync(T.Info, ns, name, false, cancellationToken).ConfigureAwait(false)
            ?? await objects.FindAsync(T.Info, ns, name, true, cancellationToken).ConfigureAwait(false));

    public static async ValueTask<IEnumerable<T>> ListAsync<T>(this IObjectReader objects, string? ns, CancellationToken cancellationToken, bool fresh = false)
        where T : KubeObject, IKubeKind<T> =>
        (await objects.ListAsync(T.Info, ns, fresh, cancellationToken).ConfigureAwait(false)).Cast<T>();
}
