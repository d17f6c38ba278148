using Kobune.Api;
using Kobune.Controllers.Deployments;

namespace Kobune.Controllers.Tests.Deployments;

public sealed class RollingUpdateTests
{
    [Theory]
    [InlineData("25%", "25%", 10, 3, 2)]
    [InlineData("25%", "25%", 4, 1, 1)]
    [InlineData("25%", "25%", 1, 1, 0)]
    [InlineData("0", "25%", 1, 0, 1)] // both would be zero
    [InlineData("2", "1", 10, 2, 1)]
    [InlineData("100%", "0", 5, 5, 0)]
    public void Bounds_round_surge_up_and_unavailability_down(string surge, string unavailable, int replicas, int expectedSurge, int expectedUnavailable) =>
        Assert.Equal((expectedSurge, expectedUnavailable), RollingUpdate.Bounds(Parse(surge), Parse(unavailable), replicas));

    [Theory]
    [InlineData(10, 0, 10, 3, 3)]
    [InlineData(10, 3, 11, 3, 5)]
    [InlineData(10, 3, 13, 3, 3)]
    [InlineData(10, 8, 9, 3, 10)]
    [InlineData(3, 0, 0, 1, 3)]
    public void New_size(int desired, int current, int total, int surge, int expected) =>
        Assert.Equal(expected, RollingUpdate.NewSize(desired, current, total, surge));

    // The whole update played through with every order of Pods becoming available that a seed gives: the two promises hold in every state.
    [Theory]
    [MemberData(nameof(Updates))]
    public void Never_above_surge_and_never_below_unavailability(int replicas, string maxSurge, string maxUnavailable, int seed)
    {
        var random = new Random(seed);
        var (surge, unavailable) = RollingUpdate.Bounds(Parse(maxSurge), Parse(maxUnavailable), replicas);
        unavailable = Math.Min(unavailable, replicas);
        int oldSize = replicas, oldAvailable = replicas, newSize = 0, newAvailable = 0;
        for (var step = 0; (oldSize > 0 || newAvailable < replicas) && step < 10_000; step++)
        {
            switch (random.Next(3))
            {
                case 0:
                    newSize = RollingUpdate.NewSize(replicas, newSize, oldSize + newSize, surge);
                    break;
                case 1:
                    var budget = RollingUpdate.MaxScaleDown(replicas, unavailable, oldSize + newSize, newSize, newAvailable);
                    var spare = oldAvailable + newAvailable - (replicas - unavailable);
                    oldSize -= Math.Max(0, Math.Min(oldSize, Math.Min(budget, spare)));
                    oldAvailable = Math.Min(oldAvailable, oldSize);
                    break;
                default:
                    newAvailable = Math.Min(newSize, newAvailable + random.Next(2));
                    break;
            }

            Assert.True(oldSize + newSize <= replicas + surge, $"{oldSize}+{newSize} Pods");
            Assert.True(oldAvailable + newAvailable >= replicas - unavailable, $"{oldAvailable}+{newAvailable} available");
        }

        Assert.Equal((0, replicas), (oldSize, newAvailable));
    }

    public static TheoryData<int, string, string, int> Updates()
    {
        var data = new TheoryData<int, string, string, int>();
        var seed = 0;
        foreach (var replicas in new[] { 1, 2, 3, 10, 17 })
        {
            foreach (var (surge, unavailable) in new[] { ("25%", "25%"), ("1", "0"), ("0", "1"), ("2", "1"), ("100%", "100%"), ("0", "0") })
            {
                data.Add(replicas, surge, unavailable, seed++);
            }
        }

        return data;
    }

    private static IntOrString Parse(string text) => int.TryParse(text, out var number) ? number : text;
}
