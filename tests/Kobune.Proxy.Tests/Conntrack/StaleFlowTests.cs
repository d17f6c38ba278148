using Kobune.Proxy.Conntrack;
using Kobune.Proxy.Services;

namespace Kobune.Proxy.Tests.Conntrack;

public sealed class StaleFlowTests
{
    [Fact]
    public void Endpoints_that_go_and_Services_that_had_none_leave_flows_behind()
    {
        var two = Plan("udp", "10.244.0.5", "10.244.0.6");
        Assert.Equal(
            [new StaleFlow("10.96.0.10", 53, "10.244.0.5"), new StaleFlow("", 30053, "10.244.0.5")],
            StaleFlow.Between(two, Plan("udp", "10.244.0.6")));
        Assert.Equal([new StaleFlow("10.96.0.10", 53, ""), new StaleFlow("", 30053, "")], StaleFlow.Between(Plan("udp"), two));
        Assert.Equal(4, StaleFlow.Between(two, null).Count());
        Assert.Empty(StaleFlow.Between(two, two));
        Assert.Empty(StaleFlow.Between(Plan("tcp", "10.244.0.5"), Plan("tcp")));
    }

    private static ServicePlan Plan(string protocol, params string[] endpoints) => new(
        "ns/dns",
        [
            new ServicePortPlan(new ServicePortName("ns", "dns", "dns", protocol), "10.96.0.10", 53)
            {
                NodePort = 30053, Cluster = [.. endpoints.Select(e => new Backend(e, 53, false))], HasEndpoints = endpoints.Length > 0,
            },
        ], 0, 0);
}
