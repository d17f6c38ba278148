using System.Runtime.CompilerServices;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Store;
using Kobune.Store.Memory;
using Kobune.Testing.ApiServers;

namespace Kobune.ApiServer.Tests.Registry;

/// <summary>The store may cut the server's one watch off; nothing may be missing afterwards.</summary>
public sealed class LostWatchTests
{
    [Fact]
    public async Task Watchers_are_told_to_list_again_and_caches_start_afresh()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var store = new CuttableStore(new MemoryStore());
        await using var server = await TestApiServer.StartAsync(store: store);
        await server.Client.CreateAsync(CrudTests.Map("before"));
        var list = await server.Client.ListAsync<ConfigMap>("default");
        var expired = Assert.ThrowsAsync<KubeStatusException>(async () =>
        {
            await foreach (var change in server.Client.WatchAsync<ConfigMap>("default", new WatchOptions { ResourceVersion = list.Metadata.ResourceVersion }, patience.Token))
            {
                Assert.Equal("during", change.Object.Metadata.Name);
            }
        });
        store.Cut();
        await server.Client.CreateAsync(CrudTests.Map("during"));
        Assert.Equal(410, (await expired).Code);
        await server.Client.CreateAsync(CrudTests.Map("later"));
        Assert.Equal(["before", "during", "later"], (await server.Client.ListAsync<ConfigMap>("default")).Items.Select(m => m.Metadata.Name));
    }

    private sealed class CuttableStore(IStore inner) : IStore
    {
        private CancellationTokenSource cut = new();

        public void Cut() => Interlocked.Exchange(ref cut, new CancellationTokenSource()).Cancel();

        public async IAsyncEnumerable<WatchBatch> WatchAsync(string prefix, long fromRevision, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, cut.Token);
            var source = inner.WatchAsync(prefix, fromRevision, either.Token).GetAsyncEnumerator(either.Token);
            await using (source)
            {
                while (await NextAsync(source, cancellationToken))
                {
                    yield return source.Current;
                }
            }
        }

        private static async Task<bool> NextAsync(IAsyncEnumerator<WatchBatch> source, CancellationToken caller)
        {
            try
            {
                return await source.MoveNextAsync();
            }
            catch (OperationCanceledException) when (!caller.IsCancellationRequested)
            {
                throw new SlowWatcherException();
            }
        }

        public ValueTask<long> CurrentRevisionAsync(CancellationToken cancellationToken = default) => inner.CurrentRevisionAsync(cancellationToken);
        public ValueTask<RangeResult> RangeAsync(RangeRequest request, CancellationToken cancellationToken = default) => inner.RangeAsync(request, cancellationToken);
        public ValueTask<WriteResult> WriteAsync(WriteRequest request, CancellationToken cancellationToken = default) => inner.WriteAsync(request, cancellationToken);
        public ValueTask CompactAsync(long revision, CancellationToken cancellationToken = default) => inner.CompactAsync(revision, cancellationToken);
        public ValueTask<long> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken = default) => inner.GrantLeaseAsync(timeToLive, cancellationToken);
        public ValueTask<bool> KeepLeaseAliveAsync(long leaseId, CancellationToken cancellationToken = default) => inner.KeepLeaseAliveAsync(leaseId, cancellationToken);
        public ValueTask RevokeLeaseAsync(long leaseId, CancellationToken cancellationToken = default) => inner.RevokeLeaseAsync(leaseId, cancellationToken);
        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
