using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Scheduler.Cache;
using Kobune.Scheduler.Framework;

namespace Kobune.Scheduler.Tests;

public sealed class PipelineTests
{
    private readonly SchedulerCache _cache = new();
    private readonly Pipeline _pipeline = new(new Random(1), 0);

    [Fact]
    public void The_reasons_are_counted_in_upstreams_words()
    {
        Node("a", cpu: "1");
        Node("b", cpu: "1");
        Node("c").Spec.Unschedulable = true;
        Node("d").Spec.Taints.Add(new Taint { Key = "k", Value = "v", Effect = "NoSchedule" });
        var attempt = Attempt(Pod("p", cpu: "2"));
        Assert.Null(_pipeline.Choose(attempt));
        Assert.Equal("0/4 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable, 2 Insufficient cpu.", FitError.Message(attempt));
    }

    [Fact]
    public void A_node_that_lacks_several_things_counts_for_each()
    {
        Node("a", cpu: "1", memory: "1Gi");
        var attempt = Attempt(Pod("p", cpu: "2", memory: "2Gi"));
        Assert.Null(_pipeline.Choose(attempt));
        Assert.Equal("0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory.", FitError.Message(attempt));
    }

    [Fact]
    public void Consecutive_Pods_see_each_other()
    {
        Node("a", cpu: "2");
        Node("b", cpu: "2");
        var placed = Enumerable.Range(0, 4).Select(i => Place(Pod($"p{i}", cpu: "1"))).ToList();
        Assert.Equal(2, placed.Count(n => n == "a"));
        Assert.Equal(2, placed.Count(n => n == "b"));
        Assert.Null(Place(Pod("p5", cpu: "1")));
    }

    [Fact]
    public void Only_as_many_Pods_as_the_node_takes()
    {
        Node("a", pods: "1");
        Assert.Equal("a", Place(Pod("p1")));
        var attempt = Attempt(Pod("p2"));
        Assert.Null(_pipeline.Choose(attempt));
        Assert.Equal("0/1 nodes are available: 1 Too many pods.", FitError.Message(attempt));
    }

    [Fact]
    public void The_emptier_node_is_preferred()
    {
        Node("a");
        Node("b");
        _cache.Confirm(new PodFacts(Pod("there", cpu: "3", memory: "3Gi"), _cache.Names), "a");
        Assert.Equal("b", Place(Pod("p", cpu: "1")));
    }

    [Fact]
    public void Node_selector_and_affinity()
    {
        Node("a").Metadata.Labels["disk"] = "ssd";
        Node("b").Metadata.Labels["disk"] = "hdd";
        var bySelector = Pod("p1");
        bySelector.Spec.NodeSelector["disk"] = "hdd";
        Assert.Equal("b", Place(bySelector));
        var byAffinity = Pod("p2");
        byAffinity.Spec.Affinity = new Affinity
        {
            NodeAffinity = new NodeAffinity
            {
                RequiredDuringSchedulingIgnoredDuringExecution = new NodeSelector
                {
                    NodeSelectorTerms = [new NodeSelectorTerm { MatchExpressions = [new NodeSelectorRequirement { Key = "disk", Operator = "NotIn", Values = ["hdd"] }] }],
                },
            },
        };
        Assert.Equal("a", Place(byAffinity));
        var nowhere = Pod("p3");
        nowhere.Spec.NodeSelector["disk"] = "tape";
        var attempt = Attempt(nowhere);
        Assert.Null(_pipeline.Choose(attempt));
        Assert.Equal("0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.", FitError.Message(attempt));
        Assert.All(attempt.Verdicts.Values, v => Assert.True(v.Unresolvable));
    }

    [Fact]
    public void A_host_port_is_given_once()
    {
        Node("a");
        Pod WithPort(string name, string address = "")
        {
            var pod = Pod(name);
            pod.Spec.Containers[0].Ports.Add(new ContainerPort { Port = 80, HostPort = 8080, Protocol = "TCP", HostIP = address });
            return pod;
        }

        Assert.Equal("a", Place(WithPort("p1", "127.0.0.1")));
        Assert.Equal("a", Place(WithPort("p2", "127.0.0.2")));
        Assert.Null(Place(WithPort("p3")));
    }

    [Fact]
    public void Anti_affinity_keeps_apart_and_is_mutual()
    {
        Node("a");
        Node("b");
        Pod Lonely(string name)
        {
            var pod = Pod(name);
            pod.Metadata.Labels["app"] = "lonely";
            pod.Spec.Affinity = new Affinity { PodAntiAffinity = new PodAntiAffinity { RequiredDuringSchedulingIgnoredDuringExecution = [Term("lonely")] } };
            return pod;
        }

        var first = Place(Lonely("p1"));
        Assert.NotEqual(first, Place(Lonely("p2")));
        var attempt = Attempt(Lonely("p3"));
        Assert.Null(_pipeline.Choose(attempt));
        Assert.Equal("0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules.", FitError.Message(attempt));
        var plain = Pod("p4");
        plain.Metadata.Labels["app"] = "lonely";
        attempt = Attempt(plain);
        Assert.Null(_pipeline.Choose(attempt));
        Assert.Equal("0/2 nodes are available: 2 node(s) didn't satisfy existing pods anti-affinity rules.", FitError.Message(attempt));
    }

    [Fact]
    public void Affinity_follows_and_the_first_may_go_anywhere()
    {
        Node("a");
        Node("b");
        Pod Friend(string name)
        {
            var pod = Pod(name);
            pod.Metadata.Labels["app"] = "friend";
            pod.Spec.Affinity = new Affinity { PodAffinity = new PodAffinity { RequiredDuringSchedulingIgnoredDuringExecution = [Term("friend")] } };
            return pod;
        }

        var first = Place(Friend("p1"));
        Assert.NotNull(first);
        Assert.All(Enumerable.Range(2, 3), i => Assert.Equal(first, Place(Friend($"p{i}"))));
    }

    [Fact]
    public void Topology_spread_keeps_the_skew()
    {
        foreach (var name in new[] { "a", "b", "c" })
        {
            Node(name).Metadata.Labels["zone"] = name == "c" ? "z2" : "z1";
        }

        var placed = Enumerable.Range(0, 6).Select(i =>
        {
            var pod = Pod($"p{i}");
            pod.Metadata.Labels["app"] = "spread";
            pod.Spec.TopologySpreadConstraints =
            [
                new TopologySpreadConstraint { MaxSkew = 1, TopologyKey = "zone", WhenUnsatisfiable = "DoNotSchedule", LabelSelector = new LabelSelector { MatchLabels = { ["app"] = "spread" } } },
            ];
            return Place(pod);
        }).ToList();
        Assert.Equal(3, placed.Count(n => n == "c"));
    }

    [Fact]
    public void A_node_that_leaves_takes_its_Pods_and_gives_its_number_away()
    {
        Node("a", cpu: "1");
        Assert.Equal("a", Place(Pod("p1", cpu: "1")));
        _cache.RemoveNode("a");
        Node("b", cpu: "1");
        Assert.Equal("b", Place(Pod("p2", cpu: "1")));
        Node("a", cpu: "1"); // back again, with its Pod
        Assert.Null(Place(Pod("p3", cpu: "1")));
    }

    private static PodAffinityTerm Term(string app) => new() { TopologyKey = "kubernetes.io/hostname", LabelSelector = new LabelSelector { MatchLabels = { ["app"] = app } } };

    private Attempt Attempt(Pod pod) => new(new PodFacts(pod, _cache.Names), _cache);

    private string? Place(Pod pod)
    {
        var attempt = Attempt(pod);
        if (_pipeline.Choose(attempt) is not { } number)
        {
            return null;
        }

        var name = _cache.Nodes[number]!.Name;
        _cache.Assume(attempt.Facts, name);
        return name;
    }

    private Node Node(string name, string cpu = "4", string memory = "8Gi", string pods = "110")
    {
        var node = new Node();
        node.Metadata.Name = name;
        node.Metadata.Labels["kubernetes.io/hostname"] = name;
        node.Status.Allocatable = new Dictionary<string, Quantity> { ["cpu"] = cpu, ["memory"] = memory, ["pods"] = pods };
        _cache.PutNode(node);
        return node;
    }

    private static Pod Pod(string name, string? cpu = null, string? memory = null)
    {
        var pod = new Pod();
        pod.Metadata.Name = name;
        pod.Metadata.Namespace = "default";
        pod.Metadata.Uid = name;
        var container = new Container { Name = "main" };
        if (cpu is not null)
        {
            container.Resources.Requests["cpu"] = cpu;
        }

        if (memory is not null)
        {
            container.Resources.Requests["memory"] = memory;
        }

        pod.Spec.Containers.Add(container);
        return pod;
    }
}
