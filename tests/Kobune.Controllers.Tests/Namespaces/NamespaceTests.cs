using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Testing.Controllers;

namespace Kobune.Controllers.Tests.Namespaces;

public sealed class NamespaceTests
{
    [Fact]
    public async Task A_new_namespace_gets_its_service_account_and_the_root_certificate()
    {
        await using var plane = await TestControlPlane.StartAsync();
        await CreateAsync(plane, "team");
        await plane.Client.WaitAsync<ServiceAccount>("team", a => a.Name == "default");
        var map = await plane.Client.WaitAsync<ConfigMap>("team", m => m.Name == "kube-root-ca.crt");
        Assert.Equal("-----BEGIN CERTIFICATE-----", map.Data["ca.crt"]);
        await plane.Client.DeleteAsync<ConfigMap>("team", "kube-root-ca.crt");
        await plane.Client.WaitAsync<ConfigMap>("team", m => m.Name == "kube-root-ca.crt" && m.Metadata.Uid != map.Metadata.Uid);
    }

    [Fact]
    public async Task A_deleted_namespace_takes_all_its_content_along()
    {
        await using var plane = await TestControlPlane.StartAsync();
        await CreateAsync(plane, "team");
        await plane.Client.WaitAsync<ServiceAccount>("team", a => a.Name == "default");
        var deployment = TestControlPlane.Deployment("web", 2);
        deployment.Metadata.Namespace = "team";
        await plane.Client.CreateAsync(deployment);
        await plane.Client.WaitAllAsync<Pod>("team", all => all.Count == 2 && all.All(p => p.Status.Phase == "Running"));
        await plane.Client.DeleteAsync<Namespace>(null, "team");
        await plane.Client.WaitGoneAsync<Namespace>(null, "team");
        Assert.Empty((await plane.Client.ListAsync<Pod>("team")).Items);
        Assert.Empty((await plane.Client.ListAsync<ConfigMap>("team")).Items);
    }

    [Fact]
    public async Task It_says_what_holds_it_up()
    {
        await using var plane = await TestControlPlane.StartAsync();
        await CreateAsync(plane, "team");
        var map = new ConfigMap();
        map.Metadata.Name = "held";
        map.Metadata.Namespace = "team";
        map.Metadata.Finalizers = ["example.com/hold"];
        await plane.Client.CreateAsync(map);
        await plane.Client.DeleteAsync<Namespace>(null, "team");
        var held = await plane.Client.WaitAsync<Namespace>(null, n => n.Name == "team" && n.Status.Conditions.Any(c => c is { Type: "NamespaceFinalizersRemaining", Status: "True" }));
        Assert.Equal("Some resources are remaining: configmaps. has 1 resource instances", held.Status.Conditions.Single(c => c.Type == "NamespaceContentRemaining").Message);
        Assert.Equal("Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances", held.Status.Conditions.Single(c => c.Type == "NamespaceFinalizersRemaining").Message);
        await plane.Client.PatchAsync<ConfigMap>("team", "held", PatchKind.Merge, """{"metadata":{"finalizers":null}}""");
        await plane.Client.WaitGoneAsync<Namespace>(null, "team");
    }

    private static async Task CreateAsync(TestControlPlane plane, string name)
    {
        var ns = new Namespace();
        ns.Metadata.Name = name;
        await plane.Client.CreateAsync(ns);
    }
}
