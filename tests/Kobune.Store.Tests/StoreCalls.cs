using System.Text;

namespace Kobune.Store.Tests;

/// <summary>Short forms of the store's calls, with text as values.</summary>
internal static class StoreCalls
{
    public static async Task<long> Put(this IStore store, string key, string value, long? expected = null, long lease = 0)
    {
        var result = await store.WriteAsync(new WriteRequest(key, Encoding.UTF8.GetBytes(value), expected, lease));
        Assert.True(result.Succeeded);
        return result.Revision;
    }

    public static async Task<long> Delete(this IStore store, string key, long? expected = null)
    {
        var result = await store.WriteAsync(new WriteRequest(key, null, expected));
        Assert.True(result.Succeeded);
        return result.Revision;
    }

    public static async Task<KeyValue?> Get(this IStore store, string key, long revision = 0)
    {
        var result = await store.RangeAsync(new RangeRequest(key, Revision: revision));
        Assert.Equal(result.Items.Count, result.Count);
        return result.Items.SingleOrDefault();
    }

    public static async Task<string> List(this IStore store, string prefix, long revision = 0, int limit = 0) =>
        string.Join(' ', (await store.RangeAsync(KeyRange.Prefix(prefix, revision, limit))).Items.Select(item => $"{item.Key}={item.Text()}"));

    public static string Text(this KeyValue item) => Encoding.UTF8.GetString(item.Value.Span);

    public static string Text(this StoreEvent change) =>
        $"{(change.IsDelete ? "-" : change.IsCreate ? "+" : "*")}{change.Key}" +
        (change.Value is { } value ? $"={Encoding.UTF8.GetString(value.Span)}" : "") +
        $"@{change.Revision}" + (change.Previous is { } previous ? $"<{previous.Text()}" : "");

    public static string Text(this IEnumerable<StoreEvent> changes) => string.Join(' ', changes.Select(Text));
}
