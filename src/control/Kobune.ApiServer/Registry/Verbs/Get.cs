namespace Kobune.ApiServer.Registry;

internal sealed partial class ResourceRegistry
{
    /// <summary>Reads one object: the newest, or with resourceVersion "0" whatever is cached.</summary>
    public async ValueTask<StoredObject> GetAsync(RequestScope scope, string? resourceVersion, CancellationToken cancellationToken)
    {
        var resource = scope.Resource;
        if (resource.Computed is { } computed)
        {
            return await GetComputedAsync(computed, scope, cancellationToken).ConfigureAwait(false);
        }

        var key = resource.KeyOf(scope.Namespace, scope.Name);
        StoredObject? found;
        if (string.IsNullOrEmpty(resourceVersion))
        {
            found = await FindFreshAsync(resource, scope.Namespace, scope.Name, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            var atLeast = ResourceVersions.Parse(resourceVersion);
            await WaitNotFutureAsync(atLeast, cancellationToken).ConfigureAwait(false);
            var (state, _) = await resource.Cache!.ReadAsync(atLeast, cancellationToken).ConfigureAwait(false);
            found = state.Items.Find(key);
        }

        if (found is null)
        {
            throw NotFound(resource, scope.Name);
        }

        await PrepareAsync(resource, [found], cancellationToken).ConfigureAwait(false);
        return found;
    }
}
