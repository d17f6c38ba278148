using Kobune.Controllers.Endpoints;

namespace Kobune.Controllers.Tests.Endpoints;

public sealed class TopologyHintsTests
{
    [Theory]
    [InlineData(null, 0, 0)]
    [InlineData("PreferClose", 0, 1)]
    [InlineData("PreferSameZone", 0, 1)]
    [InlineData("PreferSameNode", 1, 1)]
    public void Follow_the_distribution(string? distribution, int nodes, int zones)
    {
        var hints = TopologyHints.For(distribution, "node1", "zone1");
        Assert.Equal((nodes, zones), (hints?.ForNodes.Count ?? 0, hints?.ForZones.Count ?? 0));
    }

    [Fact]
    public void Nothing_is_preferred_where_nothing_is_known() => Assert.Null(TopologyHints.For("PreferSameZone", "node1", null));
}
