using Kobune.Api.Core.V1;
using Kobune.Controllers.NodeLifecycle;

namespace Kobune.Controllers.Tests.NodeLifecycle;

public sealed class ZoneEvictionsTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void One_lost_node_each_ten_seconds()
    {
        var nodes = Nodes("+++++--");
        var evictions = new ZoneEvictions();
        Assert.Equal(TimeSpan.Zero, evictions.Wait(nodes[5], nodes, Now));
        Assert.Equal(TimeSpan.FromSeconds(10), evictions.Wait(nodes[6], nodes, Now));
        Assert.Equal(TimeSpan.Zero, evictions.Wait(nodes[6], nodes, Now.AddSeconds(10)));
    }

    [Theory]
    [InlineData("-")] // the only one: it is we who are cut off
    [InlineData("---")]
    [InlineData("++----")] // most of a small zone
    public void Nothing_moves_when_too_much_is_broken(string state)
    {
        var nodes = Nodes(state);
        Assert.Null(new ZoneEvictions().Wait(nodes[^1], nodes, Now));
    }

    [Fact]
    public void A_lost_zone_is_emptied_when_others_live()
    {
        var nodes = Nodes("+++---");
        nodes.ForEach(n => n.Metadata.Labels["topology.kubernetes.io/zone"] = n.IsReady() ? "a" : "b");
        Assert.Equal(TimeSpan.Zero, new ZoneEvictions().Wait(nodes[5], nodes, Now));
    }

    private static List<Node> Nodes(string state) => [.. state.Select((c, i) =>
    {
        var node = new Node();
        node.Metadata.Name = $"n{i}";
        node.Status.Conditions = [new NodeCondition { Type = "Ready", Status = c == '+' ? "True" : "Unknown" }];
        return node;
    })];
}
