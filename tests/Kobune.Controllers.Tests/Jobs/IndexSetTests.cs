using Kobune.Controllers.Jobs;

namespace Kobune.Controllers.Tests.Jobs;

public sealed class IndexSetTests
{
    [Theory]
    [InlineData("", "", 0)]
    [InlineData("1,3-5,7", "1,3-5,7", 5)]
    [InlineData("0-1", "0,1", 2)]
    [InlineData("1-3,4-6", "1-6", 6)]
    [InlineData("3-20,x", "3-9", 7)]
    public void Reads_and_writes_runs_below_ten(string text, string canonical, int count)
    {
        var set = IndexSet.Parse(text, 10);
        Assert.Equal(canonical, set.ToString());
        Assert.Equal(count, set.Count);
    }

    [Fact]
    public void Adds_and_finds_what_is_missing()
    {
        var set = IndexSet.Parse("1,3-5", 10).With([2, 8]);
        Assert.Equal("1-5,8", set.ToString());
        Assert.True(set.Contains(4));
        Assert.False(set.Contains(6));
        Assert.Equal([0, 6, 7], set.FirstMissing(3, 10));
        Assert.Equal([0, 6, 7, 9], set.FirstMissing(9, 10));
        Assert.Equal(2, set.CountCommon(IndexSet.Parse("0,5-8", 10)));
    }
}
