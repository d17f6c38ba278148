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
        var selection = ObjectSelection.Parse(resource.Info, resource.Storage, options.LabelSelector, options.FieldSelector);
        var prefix = resource.PrefixOf(scope.Namespace);
        var limit = options.Limit is > 0 and var l ? l : int.MaxValue;
        ListOptionRules.Check(options);
        if (!string.IsNullOrEmpty(options.Continue))
        {
            var token = ContinueToken.Decode(options.Continue);
            return token.Revision > 0
                ? await ListAtAsync(resource, prefix, prefix + token.Start, token.Revision, limit, selection, options.Continue, cancellationToken).ConfigureAwait(false)
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

        return Page(state.Items.From(start, prefix), prefix, limit, selection, revision, state.Items.Count);
    }

    /// <summary>Takes matching items up to the limit; with more behind them, says where to go on and (without selectors) how many remain.</summary>
    private static ListResult Page(IEnumerable<StoredObject> source, string prefix, int limit, ObjectSelection selection, long revision, int capacity)
    {
        var items = new List<StoredObject>(limit == int.MaxValue && selection.IsEverything ? capacity : Math.Min(limit, 64));
        StoredObject? last = null;
        long remaining = 0;
        foreach (var item in source)
        {
            if (items.Count == limit)
            {
                if (!selection.IsEverything)
                {
                    remaining = 1;
                    break;
                }

                remaining++;
            }
            else if (selection.IsEverything || selection.Matches(item))
            {
                items.Add(item);
                last = item;
            }
        }

        return remaining == 0
            ? new ListResult(items, revision, "", null)
            : new ListResult(items, revision, new ContinueToken(revision, last!.Key[prefix.Length..] + "\0").Encode(), selection.IsEverything ? remaining : null);
    }

    private async ValueTask<ListResult> ListAtAsync(ServedResource resource, string prefix, string start, long revision, int limit, ObjectSelection selection, string? token, CancellationToken cancellationToken)
    {
        try
        {
            var range = await store.RangeAsync(new RangeRequest(start, ResourceCache.PrefixEnd(prefix), revision), cancellationToken).ConfigureAwait(false);
            var items = range.Items.Select(i => StoredObject.FromStore(resource.Storage, i.Key, i.ModRevision, i.Value.Span));
            return Page(items, prefix, limit, selection, revision, range.Items.Count);
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
