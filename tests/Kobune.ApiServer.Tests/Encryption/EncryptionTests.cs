using System.Security.Cryptography;
using System.Text;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Encryption;
using Kobune.Client;
using Kobune.Store;
using Kobune.Store.Memory;
using Kobune.Testing.ApiServers;

namespace Kobune.ApiServer.Tests.Encryption;

/// <summary>What stands in the store, over changes of the configuration.</summary>
public sealed class EncryptionTests : IAsyncLifetime
{
    private readonly MemoryStore store = new(TimeProvider.System);
    private readonly string first = Key();
    private readonly string second = Key();

    public ValueTask InitializeAsync() => default;

    public ValueTask DisposeAsync() => store.DisposeAsync();

    [Theory]
    [InlineData("aesgcm")]
    [InlineData("aescbc")]
    public async Task Secrets_are_stored_encrypted_and_read_plain(string provider)
    {
        await using var server = await StartAsync($"{{{provider}: {{keys: [{{name: key1, secret: {first}}}]}}}}, {{identity: {{}}}}");
        await server.Client.CreateAsync(Secret());
        await server.Client.CreateAsync(new ConfigMap { Metadata = new() { Name = "m", Namespace = "default" }, Data = { ["k"] = "not-so-hidden" } });
        Assert.StartsWith($"k8s:enc:{provider}:v1:key1:", await StoredAsync("/registry/secrets/default/s"));
        Assert.DoesNotContain("aGlkZGVu", await StoredAsync("/registry/secrets/default/s"));
        Assert.Contains("not-so-hidden", await StoredAsync("/registry/configmaps/default/m"));
        Assert.Equal("hidden", Encoding.UTF8.GetString((await server.Client.GetAsync<Secret>("default", "s")).Data["k"]));
        var changed = (await server.Client.GetAsync<Secret>("default", "s")).Clone();
        changed.Data["k"] = "other"u8.ToArray();
        await server.Client.UpdateAsync(changed);
        Assert.Equal("other", Encoding.UTF8.GetString((await server.Client.ListAsync<Secret>("default")).Items.Single().Data["k"]));
        await server.Client.DeleteAsync<Secret>("default", "s");
    }

    [Fact]
    public async Task Keys_rotate_plain_to_first_to_second()
    {
        const string path = "/registry/secrets/default/s";
        await using (var plain = await StartAsync("{identity: {}}"))
        {
            await plain.Client.CreateAsync(Secret());
        }

        Assert.Contains("aGlkZGVu", await StoredAsync(path));
        await RewriteAsync($"{{aesgcm: {{keys: [{{name: key1, secret: {first}}}]}}}}, {{identity: {{}}}}");
        Assert.StartsWith("k8s:enc:aesgcm:v1:key1:", await StoredAsync(path));
        await RewriteAsync($"{{aesgcm: {{keys: [{{name: key2, secret: {second}}}, {{name: key1, secret: {first}}}]}}}}");
        Assert.StartsWith("k8s:enc:aesgcm:v1:key2:", await StoredAsync(path));
        await RewriteAsync($"{{identity: {{}}}}, {{aesgcm: {{keys: [{{name: key2, secret: {second}}}]}}}}");
        Assert.Contains("aGlkZGVu", await StoredAsync(path));
    }

    [Fact]
    public async Task A_value_moved_to_another_name_does_not_open()
    {
        var configuration = Parse($"{{aesgcm: {{keys: [{{name: key1, secret: {first}}}]}}}}");
        await using var encrypting = new EncryptingStore(store, configuration);
        await encrypting.WriteAsync(new WriteRequest("/registry/secrets/a/x", "{}"u8.ToArray()));
        var raw = (await store.RangeAsync(new RangeRequest("/registry/secrets/a/x"))).Items[0].Value;
        await store.WriteAsync(new WriteRequest("/registry/secrets/a/y", raw));
        await Assert.ThrowsAsync<CryptographicException>(async () => await encrypting.RangeAsync(new RangeRequest("/registry/secrets/a/y")));
    }

    [Theory]
    [InlineData("{aesgcm: {keys: [{name: k, secret: c2hvcnQ=}]}}", "secret is not of the expected length, got 5, expected one of [16 24 32]")]
    [InlineData("{aesgcm: {keys: [{name: k, secret: '*'}]}}", "secret must be base64 encoded")]
    [InlineData("{rot13: {}}", "resources[0].providers[0]: Unsupported value: \"rot13\"")]
    [InlineData("{kms: {apiVersion: v2, name: k, endpoint: 'http://x'}}", "unsupported scheme for endpoint")]
    public void Wrong_configurations_are_refused_by_path(string provider, string why) =>
        Assert.Contains(why, Assert.Throws<FormatException>(() => Parse(provider)).Message);

    private async Task RewriteAsync(string providers)
    {
        await using var server = await StartAsync(providers);
        // The same object again: written although nothing changes.
        await server.Client.UpdateAsync((await server.Client.GetAsync<Secret>("default", "s")).Clone());
        Assert.Equal("hidden", Encoding.UTF8.GetString((await server.Client.GetAsync<Secret>("default", "s")).Data["k"]));
    }

    private Task<TestApiServer> StartAsync(string providers) => TestApiServer.StartAsync(o => o with { Encryption = Parse(providers) }, new Borrowed(store));

    private static EncryptionConfiguration Parse(string providers) => EncryptionConfiguration.Parse($$"""
        apiVersion: apiserver.config.k8s.io/v1
        kind: EncryptionConfiguration
        resources:
        - resources: [secrets]
          providers: [{{providers}}]
        """, TimeProvider.System);

    private async Task<string> StoredAsync(string key) => Encoding.Latin1.GetString((await store.RangeAsync(new RangeRequest(key))).Items.Single().Value.Span);

    private static Secret Secret() => new() { Metadata = new() { Name = "s", Namespace = "default" }, Data = { ["k"] = "hidden"u8.ToArray() } };

    private static string Key() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    /// <summary>The store outlives the servers of a test.</summary>
    private sealed class Borrowed(IStore inner) : IStore
    {
        public ValueTask<long> CurrentRevisionAsync(CancellationToken cancellationToken = default) => inner.CurrentRevisionAsync(cancellationToken);
        public ValueTask<RangeResult> RangeAsync(RangeRequest request, CancellationToken cancellationToken = default) => inner.RangeAsync(request, cancellationToken);
        public ValueTask<WriteResult> WriteAsync(WriteRequest request, CancellationToken cancellationToken = default) => inner.WriteAsync(request, cancellationToken);
        public IAsyncEnumerable<WatchBatch> WatchAsync(string prefix, long fromRevision, CancellationToken cancellationToken = default) => inner.WatchAsync(prefix, fromRevision, cancellationToken);
        public ValueTask CompactAsync(long revision, CancellationToken cancellationToken = default) => inner.CompactAsync(revision, cancellationToken);
        public ValueTask<long> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken = default) => inner.GrantLeaseAsync(timeToLive, cancellationToken);
        public ValueTask<bool> KeepLeaseAliveAsync(long leaseId, CancellationToken cancellationToken = default) => inner.KeepLeaseAliveAsync(leaseId, cancellationToken);
        public ValueTask RevokeLeaseAsync(long leaseId, CancellationToken cancellationToken = default) => inner.RevokeLeaseAsync(leaseId, cancellationToken);
        public ValueTask DisposeAsync() => default;
    }
}
