using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Testing.ApiServers;

namespace Kobune.ApiServer.Tests.Resources;

/// <summary>The hooks inside a whole API server, in process: what the table tests cannot see is that they are called.</summary>
public sealed class ServerTests
{
    [Fact]
    public async Task Core_kinds_through_the_registry()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var server = await TestApiServer.StartAsync();
        var client = server.Client;
        var kubernetes = await client.GetAsync<Service>("default", "kubernetes", stop);
        Assert.Equal("10.96.0.1", kubernetes.Spec.ClusterIP);

        var service = await client.CreateAsync(Hooked.Read<Service>("{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {type: NodePort, selector: {a: b}, ports: [{port: 80}]}}"), null, stop);
        Assert.InRange(service.Spec.Ports[0].NodePort, 30000, 32767);
        var error = await Assert.ThrowsAsync<KubeStatusException>(() => client.CreateAsync(
            Hooked.Read<Service>($"{{apiVersion: v1, kind: Service, metadata: {{name: two}}, spec: {{clusterIP: {service.Spec.ClusterIP}, ports: [{{port: 80}}]}}}}"), null, stop));
        Assert.Contains("provided IP is already allocated", error.Status.Message, StringComparison.Ordinal);
        await client.DeleteAsync<Service>("default", "web", null, stop);
        await client.CreateAsync(Hooked.Read<Service>($"{{apiVersion: v1, kind: Service, metadata: {{name: two}}, spec: {{clusterIP: {service.Spec.ClusterIP}, ports: [{{port: 80}}]}}}}"), null, stop);

        var node = Hooked.Read<Node>("{apiVersion: v1, kind: Node, metadata: {name: node1}, status: {capacity: {cpu: 2}}}");
        Assert.Equal(2, (await client.CreateAsync(node, null, stop)).Status.Allocatable["cpu"].Value);

        var space = await client.CreateAsync(Hooked.Read<Namespace>("{apiVersion: v1, kind: Namespace, metadata: {name: space}}"), null, stop);
        Assert.Equal("Active", space.Status.Phase);
        Assert.Equal(["kubernetes"], space.Spec.Finalizers);
        await client.DeleteAsync<Namespace>(null, "space", null, stop);
        Assert.Equal("Terminating", (await client.GetAsync<Namespace>(null, "space", stop)).Status.Phase);
    }
}
