using Kobune.Store.Mvcc;

namespace Kobune.Store.Tests.Mvcc;

public sealed class MvccIndexTests
{
    private readonly MvccIndex _index = new();

    [Fact]
    public void A_failed_transaction_leaves_no_trace()
    {
        Put("/a");
        _index.Confirm();
        Put("/a");
        Put("/b");
        _index.Append("/a", delete: true, 0);
        Put("/a");
        Assert.Equal(["/a", "/b"], Keys(5));
        Assert.Equal(["/a"], Keys(1));

        _index.Rollback();
        Assert.Equal(1, _index.Revision);
        Assert.Equal(new Entry(1, 1, 1, 0), _index.Latest("/a"));
        Assert.True(_index.Latest("/b").IsNothing);
        Assert.Equal(2, Put("/b"));
    }

    [Fact]
    public void Compaction_yields_exactly_the_superseded_revisions_in_order()
    {
        Put("/a");                           // 1, replaced by 2
        Put("/a");                           // 2, replaced by 5
        Put("/b");                           // 3, deleted by 4
        _index.Append("/b", delete: true, 0);
        Put("/a");                           // 5
        Put("/b");                           // 6
        _index.Confirm();

        Assert.False(_index.HasGarbage);
        _index.MarkCompacted(4);
        Assert.True(_index.HasGarbage);
        Assert.Equal([1L, 3], Take(2));
        Assert.Equal([4L], Take(2));
        Assert.False(_index.HasGarbage);
        Assert.Equal(["/a"], Keys(4));
        _index.MarkCompacted(6);
        Assert.Equal([2L], Take(9));
    }

    [Fact]
    public void A_hot_key_compacts_in_linear_time()
    {
        const int Writes = 200_000;
        for (var i = 0; i < Writes; i++)
        {
            Put("/hot");
            _index.Confirm();
        }

        _index.MarkCompacted(Writes - 1);
        Assert.Equal(Writes - 2, Take(int.MaxValue).Count);
        Assert.Equal(["/hot"], Keys(Writes - 1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_agrees_with_a_plain_model(int seed)
    {
        var random = new Random(seed);
        var states = new List<SortedDictionary<string, Entry>> { new(StringComparer.Ordinal) };
        var compacted = 0;
        for (var i = 0; i < 5000; i++)
        {
            var key = $"/{random.Next(1200)}";
            var now = new SortedDictionary<string, Entry>(states[^1], StringComparer.Ordinal);
            var delete = random.Next(3) == 0;
            if (delete && !now.Remove(key))
            {
                continue;
            }

            var entry = _index.Append(key, delete, 0);
            if (!delete)
            {
                now[key] = entry;
            }

            _index.Confirm();
            states.Add(now);
            if (random.Next(500) == 0)
            {
                compacted = random.Next(compacted, states.Count);
                _index.MarkCompacted(compacted);
                Take(random.Next(1000));
            }

            if (i % 50 == 0)
            {
                var at = random.Next(compacted, states.Count);
                Assert.Equal(states[at].Values, _index.Select(KeyRange.Prefix("/"), at).Items.Select(item => item.Entry));
            }
        }
    }

    private List<long> Take(int limit)
    {
        var garbage = _index.Garbage(limit);
        _index.DropGarbage(garbage.Count);
        return garbage;
    }

    private long Put(string key) => _index.Append(key, delete: false, 0).Revision;

    private IEnumerable<string> Keys(long revision) => _index.Select(KeyRange.Prefix("/"), revision).Items.Select(item => item.Key);
}
