using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Resources.Core.Services;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Tests.Resources;

public sealed class ServiceHooksTests
{
    private readonly Stored stored = new();
    private readonly ServiceHooks hooks;

    public ServiceHooksTests()
    {
        var services = Hooked.Services(stored);
        services.Client = new ListClient(stored.Services);
        hooks = new ServiceHooks(services);
    }

    [Fact]
    public async Task Addresses_and_node_ports_are_given_once()
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => CreateAsync(Service($"s{i}", "NodePort"))));
        Assert.Equal(50, all.Select(s => s.Spec.ClusterIP).Distinct().Count());
        Assert.Equal(50, all.Select(s => s.Spec.Ports[0].NodePort).Distinct().Count());
        Assert.All(all, s =>
        {
            Assert.StartsWith("10.96.", s.Spec.ClusterIP, StringComparison.Ordinal);
            Assert.Equal([s.Spec.ClusterIP], s.Spec.ClusterIPs);
            Assert.InRange(s.Spec.Ports[0].NodePort, 30000, 32767);
            Assert.Equal("SingleStack", s.Spec.IpFamilyPolicy);
            Assert.Equal(["IPv4"], s.Spec.IpFamilies);
        });
    }

    [Fact]
    public async Task What_is_taken_is_refused()
    {
        var first = await CreateAsync(Service("a", "NodePort", s => (s.ClusterIP, s.Ports[0].NodePort) = ("10.96.0.10", 30080)));
        Assert.Equal("10.96.0.10", first.Spec.ClusterIPs[0]);
        await RefusedAsync(Service("b", "ClusterIP", s => s.ClusterIP = "10.96.0.10"), "spec.clusterIPs: Invalid value: [\"10.96.0.10\"]: failed to allocate IP 10.96.0.10: provided IP is already allocated");
        await RefusedAsync(Service("b", "ClusterIP", s => s.ClusterIP = "1.2.3.4"), "spec.clusterIPs: Invalid value: [\"1.2.3.4\"]: failed to allocate IP 1.2.3.4: the provided IP (1.2.3.4) is not in the valid range. The range of valid IPs is 10.96.0.0/16");
        await RefusedAsync(Service("b", "NodePort", s => s.Ports[0].NodePort = 30080), "spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated");
        await RefusedAsync(Service("b", "NodePort", s => s.Ports[0].NodePort = 80), "spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767");
        stored.Services.Clear();
        await hooks.ReleaseAsync(first, default);
        await CreateAsync(Service("b", "NodePort", s => (s.ClusterIP, s.Ports[0].NodePort) = ("10.96.0.10", 30080)));
    }

    [Fact]
    public async Task A_failed_write_gives_back()
    {
        var service = Service("a", "ClusterIP", s => s.ClusterIP = "10.96.0.20");
        hooks.Default(service);
        hooks.PrepareForCreate(service, Hooked.Context);
        var taken = await hooks.AllocateAsync(service, null, Hooked.Context, default);
        await taken!.DisposeAsync();
        await CreateAsync(Service("b", "ClusterIP", s => s.ClusterIP = "10.96.0.20"));
    }

    [Fact]
    public async Task Types_change_to_and_fro()
    {
        var service = await CreateAsync(Service("a", "NodePort"));
        var cluster = await UpdateAsync(service, s => s.Type = "ClusterIP");
        Assert.Equal(0, cluster.Spec.Ports[0].NodePort);
        Assert.Equal("", cluster.Spec.ExternalTrafficPolicy);
        Assert.Equal(service.Spec.ClusterIP, cluster.Spec.ClusterIP);
        var alias = await UpdateAsync(cluster, s => (s.Type, s.ExternalName) = ("ExternalName", "example.com"));
        Assert.Equal("", alias.Spec.ClusterIP);
        Assert.Null(alias.Spec.IpFamilyPolicy);
        var balancer = await UpdateAsync(alias, s => (s.Type, s.ExternalName, s.ExternalTrafficPolicy) = ("LoadBalancer", "", "Local"));
        Assert.NotEqual("", balancer.Spec.ClusterIP);
        Assert.InRange(balancer.Spec.HealthCheckNodePort, 30000, 32767);
        Assert.InRange(balancer.Spec.Ports[0].NodePort, 30000, 32767);
        Assert.True(balancer.Spec.AllocateLoadBalancerNodePorts);
    }

    [Fact]
    public async Task An_update_that_leaves_allocated_values_out_keeps_them()
    {
        var service = await CreateAsync(Service("a", "NodePort"));
        var kept = await UpdateAsync(service, s => (s.ClusterIP, s.ClusterIPs, s.Ports[0].NodePort) = ("", [], 0));
        Assert.Equal(service.Spec.ToString(), kept.Spec.ToString());
    }

    [Fact]
    public async Task The_address_may_not_change()
    {
        var service = await CreateAsync(Service("a", "ClusterIP", s => s.ClusterIP = "10.96.0.10"));
        var changed = service.Clone();
        changed.Spec.ClusterIP = "10.96.0.11";
        hooks.PrepareForUpdate(changed, service, Hooked.Context);
        Assert.Null(await hooks.AllocateAsync(changed, service, Hooked.Context, default));
        var errors = new FieldErrorList();
        hooks.ValidateUpdate(changed, service, errors);
        Assert.Equal(["spec.clusterIPs[0]: Invalid value: [\"10.96.0.11\"]: may not change once set"], Hooked.Texts(errors));
    }

    [Fact]
    public async Task Headless_without_selector_has_both_families()
    {
        var service = await CreateAsync(Service("a", "ClusterIP", s => (s.ClusterIP, s.Selector) = ("None", [])));
        Assert.Equal("RequireDualStack", service.Spec.IpFamilyPolicy);
        Assert.Equal(["IPv4", "IPv6"], service.Spec.IpFamilies);
        Assert.Equal(["None"], service.Spec.ClusterIPs);
    }

    [Fact]
    public async Task One_node_port_serves_both_protocols_of_a_port()
    {
        var service = await CreateAsync(Service("a", "NodePort", s => s.Ports = [new ServicePort { Name = "t", Port = 53 }, new ServicePort { Name = "u", Port = 53, Protocol = "UDP" }]));
        Assert.Equal(service.Spec.Ports[0].NodePort, service.Spec.Ports[1].NodePort);
    }

    private static Service Service(string name, string type, Action<ServiceSpec>? change = null)
    {
        var service = new Service { Metadata = new() { Name = name, Namespace = "default", Uid = "uid-" + name } };
        service.Spec.Type = type;
        service.Spec.Selector["app"] = name;
        service.Spec.Ports = [new ServicePort { Port = 80 }];
        change?.Invoke(service.Spec);
        return service;
    }

    private async Task<Service> CreateAsync(Service service)
    {
        hooks.Default(service);
        hooks.PrepareForCreate(service, Hooked.Context);
        await hooks.AllocateAsync(service, null, Hooked.Context, default);
        var errors = new FieldErrorList();
        hooks.Validate(service, errors);
        Assert.Empty(Hooked.Texts(errors));
        stored.Add(service);
        return service;
    }

    private async Task<Service> UpdateAsync(Service old, Action<ServiceSpec> change)
    {
        var service = old.Clone();
        change(service.Spec);
        hooks.Default(service);
        hooks.PrepareForUpdate(service, old, Hooked.Context);
        await hooks.AllocateAsync(service, old, Hooked.Context, default);
        var errors = new FieldErrorList();
        hooks.ValidateUpdate(service, old, errors);
        Assert.Empty(Hooked.Texts(errors));
        stored.Services.Remove(old);
        stored.Add(service);
        return service;
    }

    private async Task RefusedAsync(Service service, string why)
    {
        hooks.Default(service);
        hooks.PrepareForCreate(service, Hooked.Context);
        var error = await Assert.ThrowsAsync<KubeStatusException>(async () => await hooks.AllocateAsync(service, null, Hooked.Context, default));
        Assert.Equal($"Service \"{service.Metadata.Name}\" is invalid: {why}", error.Status.Message);
    }

    private sealed class Stored : IObjectReader
    {
        public List<KubeObject> Services { get; } = [];

        public void Add(Service service)
        {
            lock (Services)
            {
                Services.Add(service);
            }
        }

        public ValueTask<KubeObject?> FindAsync(ResourceInfo resource, string? ns, string name, bool fresh, CancellationToken cancellationToken)
        {
            lock (Services)
            {
                return new(Services.Find(o => o.Resource == resource && o.Metadata.Name == name && o.Metadata.Namespace == (ns ?? "")));
            }
        }

        public ValueTask<object> StampAsync(ResourceInfo resource, CancellationToken cancellationToken) => new(new object());

        public ValueTask<IReadOnlyList<KubeObject>> ListAsync(ResourceInfo resource, string? ns, bool fresh, CancellationToken cancellationToken)
        {
            lock (Services)
            {
                return new([.. Services.Where(o => o.Resource == resource)]);
            }
        }
    }
}
