using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Rbac.V1;
using Kobune.ApiServer.Admission.Plugins;
using Kobune.ApiServer.Admission.Plugins.Nodes;
using Kobune.ApiServer.Authentication;

namespace Kobune.ApiServer.Tests.Admission;

public sealed class LimitsAndNodesTests
{
    private static readonly UserInfo Kubelet = UserInfo.Of("system:node:n1", "system:nodes");

    [Fact]
    public async Task LimitRangesFillAndBound()
    {
        var range = new LimitRange
        {
            Metadata = { Namespace = "default", Name = "r" },
            Spec = { Limits = [new LimitRangeItem { Type = "Container", Default = { ["cpu"] = "500m" }, DefaultRequest = { ["cpu"] = "100m" }, Max = { ["cpu"] = "1" }, Min = { ["cpu"] = "50m" } }] },
        };
        var plugin = new LimitRanger(new TestServices(range).Services);
        var pod = Pods.Plain();
        await PluginTests.Admit(plugin, Requests.Create(pod));
        Assert.Equal(("100m", "500m"), (pod.Spec.Containers[0].Resources.Requests["cpu"].ToString(), pod.Spec.Containers[0].Resources.Limits["cpu"].ToString()));
        Assert.Equal("LimitRanger plugin set: cpu request for container c; cpu limit for container c", pod.Metadata.Annotations["kubernetes.io/limit-ranger"]);

        var large = Pods.Plain();
        large.Spec.Containers[0].Resources = new ResourceRequirements { Requests = { ["cpu"] = "10m" }, Limits = { ["cpu"] = "2" } };
        var e = await PluginTests.Refused(plugin, Requests.Create(large));
        Assert.Equal("pods \"p\" is forbidden: [minimum cpu usage per Container is 50m, but request is 10m, maximum cpu usage per Container is 1, but limit is 2]", e.Message);
    }

    [Fact]
    public async Task KubeletsKeepToTheirNode()
    {
        var plugin = new NodeRestriction(new TestServices().Services);
        var other = new Node { Metadata = { Name = "n2" } };
        Assert.Equal("nodes \"n2\" is forbidden: node \"n1\" is not allowed to modify node \"n2\"", (await PluginTests.Refused(plugin, Requests.Create(other, Kubelet))).Message);
        var labelled = new Node { Metadata = { Name = "n1", Labels = { ["node-restriction.kubernetes.io/secret"] = "x", ["kubernetes.io/os"] = "linux", ["mine"] = "y", ["foo.k8s.io/x"] = "z" } } };
        Assert.Equal("nodes \"n1\" is forbidden: node \"n1\" is not allowed to set the following labels: foo.k8s.io/x, node-restriction.kubernetes.io/secret",
            (await PluginTests.Refused(plugin, Requests.Create(labelled, Kubelet))).Message);
        Assert.Equal("pods \"p\" is forbidden: pod does not have \"kubernetes.io/config.mirror\" annotation, node \"n1\" can only create mirror pods",
            (await PluginTests.Refused(plugin, Requests.Create(Pods.Plain(), Kubelet))).Message);
        await PluginTests.Admit(plugin, Requests.Create(Pods.Plain()));
    }

    [Fact]
    public async Task NobodyGivesAwayMoreThanTheyHave()
    {
        var services = new TestServices(
            new ClusterRole { Metadata = { Name = "pods" }, Rules = [new PolicyRule { Verbs = ["get", "create"], ApiGroups = [""], Resources = ["pods", "roles"] }] },
            new ClusterRoleBinding { Metadata = { Name = "b" }, RoleRef = { Kind = "ClusterRole", Name = "pods" }, Subjects = [new Subject { Kind = "User", Name = "alice" }] });
        var plugin = new RbacEscalation(services.Services);
        var role = new Role { Metadata = { Namespace = "default", Name = "r" }, Rules = [new PolicyRule { Verbs = ["get", "delete"], ApiGroups = [""], Resources = ["pods"] }] };
        var e = await PluginTests.Refused(plugin, Requests.Create(role));
        Assert.Equal(
            "roles.rbac.authorization.k8s.io \"r\" is forbidden: user \"alice\" (groups=[\"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"delete\"]}",
            e.Message);
        services.Allows = a => a is { Verb: "escalate", Resource: "roles", Name: "r" };
        await PluginTests.Admit(plugin, Requests.Create(role));
    }

    [Fact]
    public async Task BindingNeedsTheRulesOfTheRole()
    {
        var services = new TestServices(
            new ClusterRole { Metadata = { Name = "admin" }, Rules = [new PolicyRule { Verbs = ["*"], ApiGroups = ["*"], Resources = ["*"] }] });
        var plugin = new RbacEscalation(services.Services);
        var binding = new RoleBinding { Metadata = { Namespace = "default", Name = "b" }, RoleRef = { Kind = "ClusterRole", Name = "admin" }, Subjects = [new Subject { Kind = "User", Name = "alice" }] };
        Assert.EndsWith("{APIGroups:[\"*\"], Resources:[\"*\"], Verbs:[\"*\"]}", (await PluginTests.Refused(plugin, Requests.Create(binding))).Message, StringComparison.Ordinal);
        services.Allows = a => a is { Verb: "bind", Resource: "clusterroles", Name: "admin" };
        await PluginTests.Admit(plugin, Requests.Create(binding));
    }
}
