using Kobune.Controllers.Deployments;

namespace Kobune.Controllers.Tests.Deployments;

public sealed class ProportionalScalingTests
{
    [Fact]
    public void Growth_is_shared_in_proportion() =>
        // The example of the documentation: 10 replicas in the middle of a rollout (8 old, 5 new, surge 3) scaled to 15.
        Assert.Equal([11, 7], ProportionalScaling.Spread([new(8, 13), new(5, 13)], desired: 15, maxSurge: 3));

    [Fact]
    public void What_rounding_leaves_goes_to_the_largest()
    {
        var sizes = ProportionalScaling.Spread([new(5, 10), new(3, 10), new(2, 10)], desired: 11, maxSurge: 0);
        Assert.Equal(11, sizes.Sum());
    }

    [Fact]
    public void To_zero_empties_all() =>
        Assert.Equal([0, 0], ProportionalScaling.Spread([new(8, 13), new(5, 13)], desired: 0, maxSurge: 3));

    [Fact]
    public void Any_change_ends_at_the_allowed_total()
    {
        var random = new Random(42);
        for (var i = 0; i < 500; i++)
        {
            var parts = Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(1, 30)).OrderDescending().ToList();
            var (desired, surge) = (random.Next(1, 100), random.Next(0, 10));
            var sizes = ProportionalScaling.Spread([.. parts.Select(p => new ProportionalScaling.Part(p, parts.Sum()))], desired, surge);
            Assert.Equal(desired + surge, sizes.Sum());
            Assert.All(sizes, s => Assert.True(s >= 0));
        }
    }
}
