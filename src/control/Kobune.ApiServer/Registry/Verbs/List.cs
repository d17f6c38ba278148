using Kobune.Api;
using Kobune.ApiServer.Registry.Selection;
using Kobune.Client;
using Kobune.Store;

namespace Kobune.ApiServer.Registry;

/// <summary>A page of objects at one revision.</summary>
internal sealed record ListResult(List<StoredObject> Items, long Revision, string Continue, long? Remaining);

internal sealed partial class ResourceRegistry
{
    private static readonly TimeSpan FutureVersionPatience = TimeSpan.FromSeconds(3);
    /// <summary>How many keys a page with selectors reads from the store at a time.</summary>
    private const int ChunkKeys = 1000;

    /// <summary>
    /// Lists from the cache; only pages after the first and lists at an exact older revision read the store.
    /// </summary>
    public async ValueTask<ListResult> ListAsync(RequestScope scope, ListOptions options, CancellationToken cancellationToken)
    {
        var list = await SelectAsync(scope, options, cancellationToken).ConfigureAwait(false);
        await PrepareAsync(scope.Resource, list.Items, cancellationToken).ConfigureAwait(false);
        return list;
    }

    private async ValueTask<ListResult> SelectAsync(RequestScope scope, ListOptions options, CancellationToken cancellationToken)
    {
        var resource = scope.Resource;
        if (resource.Computed is { } computed)
        {
            return await ListComputedAsync(computed, scope, options, cancellationToken).ConfigureAwait(false);
        }

        var selection = ObjectSelection.Parse(resource.Info, resource.Storage, options.LabelSelector, options.FieldSelector);
        var prefix = resource.PrefixOf(scope.Namespace);
        var limit = options.Limit is > 0 and var l ? l : int.MaxValue;
        ListOptionRules.Check(options);
        if (!string.IsNullOrEmpty(options.Continue))
        {
            var token = ContinueToken.Decode(options.Continue);
            return token.Revision > 0
                ? await ListFurtherAsync(resource, prefix, prefix + token.Start, token.Revision, limit, selection, options.Continue, cancellationToken).ConfigureAwait(false)
                : await ListCachedAsync(resource, prefix, prefix + token.Start, await NewestAsync(cancellationToken).ConfigureAwait(false), limit, selection, cancellationToken).ConfigureAwait(false);
        }

        long atLeast;
        if (string.IsNullOrEmpty(options.ResourceVersion))
        {
            atLeast = await NewestAsync(cancellationToken).ConfigureAwait(false);
        }
        else
        {
            atLeast = ResourceVersions.Parse(options.ResourceVersion);
            await WaitNotFutureAsync(atLeast, cancellationToken).ConfigureAwait(false);
            if (options.ResourceVersionMatch == "Exact")
            {
                return await ListAtAsync(resource, prefix, prefix, atLeast, limit, selection, null, cancellationToken).ConfigureAwait(false);
            }
        }

        return await ListCachedAsync(resource, prefix, prefix, atLeast, limit, selection, cancellationToken).ConfigureAwait(false);
    }

    private ValueTask<long> NewestAsync(CancellationToken cancellationToken) => store.CurrentRevisionAsync(cancellationToken);

    private async ValueTask<ListResult> ListCachedAsync(ServedResource resource, string prefix, string start, long atLeast, int limit, ObjectSelection selection, CancellationToken cancellationToken)
    {
        var (state, revision) = await resource.Cache!.ReadAsync(atLeast, cancellationToken).ConfigureAwait(false);
        if (selection.Name is { } name && (!resource.Info.Namespaced || prefix.Length > resource.Cache.Prefix.Length) && start == prefix)
        {
            var one = state.Items.Find(prefix + name);
            return new ListResult(one is not null && selection.Matches(one) ? [one] : [], revision, "", null);
        }

        return Page(state, start, prefix, limit, selection, revision);
    }

    /// <summary>
    /// A page after the first: it shows the first page's revision. As long as nothing of the resource has changed since, the
    /// cache still is at that revision; otherwise the store knows how it was.
    /// </summary>
    private async ValueTask<ListResult> ListFurtherAsync(ServedResource resource, string prefix, string start, long revision, int limit, ObjectSelection selection, string token, CancellationToken cancellationToken)
    {
        if (revision <= hub.Revision)
        {
            var (state, _) = await resource.Cache!.ReadAsync(revision, cancellationToken).ConfigureAwait(false);
            if (state.Revision <= revision)
            {
                return Page(state, start, prefix, limit, selection, revision);
            }
        }

        return await ListAtAsync(resource, prefix, start, revision, limit, selection, token, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes matching items up to the limit; with more behind them, says where to go on and (without selectors) how many remain.</summary>
    private static ListResult Page(ResourceCache.State state, string start, string prefix, int limit, ObjectSelection selection, long revision)
    {
        var total = selection.IsEverything ? state.Items.CountBetween(start, ResourceCache.PrefixEnd(prefix)) : 0;
        var items = new List<StoredObject>(selection.IsEverything ? Math.Min(limit, total) : Math.Min(limit, 64));
        var more = false;
        foreach (var item in state.Items.From(start, prefix))
        {
            if (items.Count == limit)
            {
                more = true;
                break;
            }

            if (selection.IsEverything || selection.Matches(item))
            {
                items.Add(item);
            }
        }

        return Result(items, more, revision, prefix, selection.IsEverything ? total - items.Count : null);
    }

    private static ListResult Result(List<StoredObject> items, bool more, long revision, string prefix, long? remaining) => more
        ? new ListResult(items, revision, new ContinueToken(revision, items[^1].Key[prefix.Length..] + "\0").Encode(), remaining)
        : new ListResult(items, revision, "", null);

    /// <summary>Reads the store at a revision, no further than the page needs.</summary>
    private async ValueTask<ListResult> ListAtAsync(ServedResource resource, string prefix, string start, long revision, int limit, ObjectSelection selection, string? token, CancellationToken cancellationToken)
    {
        var items = new List<StoredObject>();
        var next = start;
        try
        {
            while (true)
            {
                var chunk = limit == int.MaxValue ? 0 : selection.IsEverything ? limit : ChunkKeys;
                var range = await store.RangeAsync(new RangeRequest(next, ResourceCache.PrefixEnd(prefix), revision, chunk), cancellationToken).ConfigureAwait(false);
                for (var i = 0; i < range.Items.Count; i++)
                {
                    var item = StoredObject.FromStore(resource.Storage, range.Items[i].Key, range.Items[i].ModRevision, range.Items[i].Value.Span);
                    if (!selection.IsEverything && !selection.Matches(item))
                    {
                        continue;
                    }

                    items.Add(item);
                    if (items.Count == limit && (i + 1 < range.Items.Count || range.More))
                    {
                        return Result(items, true, revision, prefix, selection.IsEverything ? range.Count - items.Count : null);
                    }
                }

                if (!range.More || range.Items.Count == 0)
                {
                    return Result(items, false, revision, prefix, null);
                }

                next = range.Items[^1].Key + "\0";
            }
        }
        catch (RevisionCompactedException)
        {
            throw token is null
                ? StatusErrors.Expired($"The resourceVersion for the provided list is too old.")
                : Expired(prefix, start);
        }
    }

    private static KubeStatusException Expired(string prefix, string start)
    {
        var error = StatusErrors.Expired(
            "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, "
            + "or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - "
            + "objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.");
        error.Status.Metadata.Continue = new ContinueToken(-1, start[prefix.Length..]).Encode();
        return error;
    }

    /// <summary>A version that the store has not reached yet gets a short while, then 504.</summary>
    private async ValueTask WaitNotFutureAsync(long revision, CancellationToken cancellationToken)
    {
        var newest = await NewestAsync(cancellationToken).ConfigureAwait(false);
        var start = Time.GetTimestamp();
        while (newest < revision)
        {
            if (Time.GetElapsedTime(start) >= FutureVersionPatience)
            {
                var error = StatusErrors.Timeout($"Too large resource version: {revision}, current: {newest}", 1);
                error.Status.Details!.Causes = [new Kobune.Api.Meta.V1.StatusCause { Reason = "ResourceVersionTooLarge", Message = "Too large resource version" }];
                throw error;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), Time, cancellationToken).ConfigureAwait(false);
            newest = await NewestAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
