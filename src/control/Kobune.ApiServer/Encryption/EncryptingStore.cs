using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Kobune.Api;
using Kobune.ApiServer.Registry;
using Kobune.Store;

namespace Kobune.ApiServer.Encryption;

/// <summary>
/// A store whose values are encrypted as the configuration says: everything above sees plain values, everything below
/// only what is at rest. It remembers which keys were read in an outdated form, so that even an update that changes
/// nothing writes them anew.
/// </summary>
internal sealed class EncryptingStore(IStore inner, EncryptionConfiguration configuration) : IStore
{
    private static readonly Lazy<Dictionary<string, ResourceInfo>> BuiltIn = new(() =>
        ResourceInfo.BuiltIns.GroupBy(StoragePaths.PrefixOf).ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal));

    private readonly ConcurrentDictionary<string, IReadOnlyList<IValueTransformer>?> byPrefix = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> stale = new(StringComparer.Ordinal);

    /// <summary>Whether a key's value is stored in another form than a write would give it.</summary>
    public bool IsStale(string key) => stale.ContainsKey(key);

    public ValueTask<long> CurrentRevisionAsync(CancellationToken cancellationToken = default) => inner.CurrentRevisionAsync(cancellationToken);

    public async ValueTask<RangeResult> RangeAsync(RangeRequest request, CancellationToken cancellationToken = default)
    {
        var result = await inner.RangeAsync(request, cancellationToken).ConfigureAwait(false);
        if (result.Items.Count == 0 || (TransformersOf(result.Items[0].Key) is null && TransformersOf(result.Items[^1].Key) is null))
        {
            // A range is of one resource.
            return result;
        }

        var items = new KeyValue[result.Items.Count];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = await OpenAsync(result.Items[i], cancellationToken).ConfigureAwait(false);
        }

        return result with { Items = items };
    }

    public async ValueTask<WriteResult> WriteAsync(WriteRequest request, CancellationToken cancellationToken = default)
    {
        if (TransformersOf(request.Key) is not { } transformers)
        {
            return await inner.WriteAsync(request, cancellationToken).ConfigureAwait(false);
        }

        if (request.Value is { } value)
        {
            request = request with { Value = await transformers[0].EncryptAsync(value, request.Key, cancellationToken).ConfigureAwait(false) };
        }

        var result = await inner.WriteAsync(request, cancellationToken).ConfigureAwait(false);
        if (result.Succeeded)
        {
            stale.TryRemove(request.Key, out _);
        }

        return result.Current is { } current
            ? result with { Current = current with { Value = (await OpenAsync(transformers, current.Key, current.Value, cancellationToken).ConfigureAwait(false)).Value } }
            : result;
    }

    public async IAsyncEnumerable<WatchBatch> WatchAsync(string prefix, long fromRevision, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var batch in inner.WatchAsync(prefix, fromRevision, cancellationToken).ConfigureAwait(false))
        {
            yield return batch.Events.Any(e => TransformersOf(e.Key) is not null)
                ? batch with { Events = await OpenAsync(batch.Events, cancellationToken).ConfigureAwait(false) }
                : batch;
        }
    }

    public ValueTask CompactAsync(long revision, CancellationToken cancellationToken = default) => inner.CompactAsync(revision, cancellationToken);

    public ValueTask<long> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken = default) => inner.GrantLeaseAsync(timeToLive, cancellationToken);

    public ValueTask<bool> KeepLeaseAliveAsync(long leaseId, CancellationToken cancellationToken = default) => inner.KeepLeaseAliveAsync(leaseId, cancellationToken);

    public ValueTask RevokeLeaseAsync(long leaseId, CancellationToken cancellationToken = default) => inner.RevokeLeaseAsync(leaseId, cancellationToken);

    /// <summary>The inner store belongs to whoever made it.</summary>
    public ValueTask DisposeAsync() => default;

    private async ValueTask<StoreEvent[]> OpenAsync(IReadOnlyList<StoreEvent> events, CancellationToken cancellationToken)
    {
        var opened = new StoreEvent[events.Count];
        for (var i = 0; i < opened.Length; i++)
        {
            var change = events[i];
            opened[i] = TransformersOf(change.Key) is { } transformers
                ? change with
                {
                    Value = change.Value is { } value ? (await OpenAsync(transformers, change.Key, value, cancellationToken).ConfigureAwait(false)).Value : null,
                    // Nobody above reads it; what is at rest stays below.
                    Previous = null,
                }
                : change;
        }

        return opened;
    }

    private async ValueTask<KeyValue> OpenAsync(KeyValue item, CancellationToken cancellationToken)
    {
        if (TransformersOf(item.Key) is not { } transformers)
        {
            return item;
        }

        var (value, current) = await OpenAsync(transformers, item.Key, item.Value, cancellationToken).ConfigureAwait(false);
        if (!current)
        {
            stale[item.Key] = 0;
        }

        return item with { Value = value };
    }

    private static async ValueTask<(byte[] Value, bool Current)> OpenAsync(IReadOnlyList<IValueTransformer> transformers, string key, ReadOnlyMemory<byte> stored, CancellationToken cancellationToken)
    {
        CryptographicException? failure = null;
        for (var i = 0; i < transformers.Count; i++)
        {
            var prefix = transformers[i].Prefix;
            if (prefix.Length == 0 ? IsEncrypted(stored.Span) : !StartsWith(stored.Span, prefix))
            {
                continue;
            }

            try
            {
                return (await transformers[i].DecryptAsync(stored[prefix.Length..], key, cancellationToken).ConfigureAwait(false), i == 0);
            }
            catch (CryptographicException e)
            {
                // Another key may go by the same name.
                failure = e;
            }
        }

        throw new CryptographicException($"{key} cannot be decrypted: {failure?.Message ?? "no configured provider has its prefix"}", failure);
    }

    private static bool IsEncrypted(ReadOnlySpan<byte> stored) => stored.StartsWith("k8s:enc:"u8);

    private static bool StartsWith(ReadOnlySpan<byte> stored, string prefix) =>
        stored.Length >= prefix.Length && Ascii.Equals(stored[..prefix.Length], prefix);

    private IReadOnlyList<IValueTransformer>? TransformersOf(string key)
    {
        if (!key.StartsWith(WatchHub.Root, StringComparison.Ordinal))
        {
            return null;
        }

        var first = key.IndexOf('/', WatchHub.Root.Length);
        if (first < 0)
        {
            return null;
        }

        var second = key.IndexOf('/', first + 1);
        var known = byPrefix.GetAlternateLookup<ReadOnlySpan<char>>();
        if (known.TryGetValue(key.AsSpan(0, first + 1), out var found) || (second > 0 && known.TryGetValue(key.AsSpan(0, second + 1), out found)))
        {
            return found;
        }

        var one = key[..(first + 1)];
        if (BuiltIn.Value.TryGetValue(one, out var resource))
        {
            return byPrefix.GetOrAdd(one, _ => configuration.Of(resource.Group, resource.Plural));
        }

        if (second < 0)
        {
            return null;
        }

        var two = key[..(second + 1)];
        return byPrefix.GetOrAdd(two, p => BuiltIn.Value.TryGetValue(p, out var deep)
            ? configuration.Of(deep.Group, deep.Plural)
            : configuration.Of(p[WatchHub.Root.Length..first], p[(first + 1)..second]));
    }
}
