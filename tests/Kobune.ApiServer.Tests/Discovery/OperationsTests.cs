using Kobune.ApiServer.Tests.Https;
using Kobune.Testing.ApiServers;

namespace Kobune.ApiServer.Tests.Discovery;

/// <summary>What operators look at: health, metrics, version.</summary>
public sealed class OperationsTests : IAsyncLifetime
{
    private TestApiServer server = null!;
    private RawClient http = null!;

    public async ValueTask InitializeAsync()
    {
        server = await TestApiServer.StartAsync();
        http = new RawClient(server);
    }

    public ValueTask DisposeAsync()
    {
        http.Dispose();
        return server.DisposeAsync();
    }

    [Fact]
    public async Task Metrics_have_upstreams_names()
    {
        await http.GetAsync("/api/v1/namespaces");
        await http.GetAsync("/api/v1/namespaces/default/nothing");
        // A request counts when it is over, which its client may know a moment earlier.
        var text = "";
        for (var i = 0; i < 200 && !text.Contains("verb=\"LIST\"", StringComparison.Ordinal); i++)
        {
            text = (await http.GetAsync("/metrics")).Text;
        }

        Assert.Contains("apiserver_request_total{code=\"200\",component=\"apiserver\",dry_run=\"\",group=\"\",resource=\"namespaces\",scope=\"cluster\",subresource=\"\",verb=\"LIST\",version=\"v1\"} 1\n", text);
        Assert.Contains("apiserver_request_duration_seconds_bucket{component=\"apiserver\",dry_run=\"\",group=\"\",resource=\"namespaces\",scope=\"cluster\",subresource=\"\",verb=\"LIST\",version=\"v1\",le=\"+Inf\"} 1\n", text);
        Assert.DoesNotContain("resource=\"nothing\"", text);
        Assert.Contains("apiserver_current_inflight_requests{request_kind=\"readOnly\"} ", text);
        Assert.Contains("apiserver_storage_objects{group=\"\",resource=\"namespaces\"} 4\n", text);
        Assert.Contains("apiserver_flowcontrol_dispatched_requests_total{flow_schema=\"exempt\",priority_level=\"exempt\"}", text);
        foreach (var name in new[] { "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "process_max_fds", "process_start_time_seconds", "process_virtual_memory_bytes", "dotnet_gc_collections_total", "kubernetes_build_info" })
        {
            Assert.Contains($"# TYPE {name} ", text);
        }
    }

    [Theory]
    [InlineData("/readyz?verbose", "[+]poststarthook/rbac/bootstrap-roles ok\n")]
    [InlineData("/readyz?verbose", "[+]etcd ok\n")]
    [InlineData("/readyz?verbose&exclude=etcd", "[+]etcd excluded: ok\n")]
    [InlineData("/readyz?verbose&exclude=none", "warn: some health checks cannot be excluded: no matches for \"none\"\n")]
    [InlineData("/livez?verbose", "livez check passed\n")]
    [InlineData("/readyz/etcd", "ok")]
    [InlineData("/readyz/poststarthook/rbac/bootstrap-roles", "ok")]
    public async Task Health_is_told_check_by_check(string path, string part)
    {
        var answer = await http.GetAsync(path);
        Assert.Equal(200, answer.Code);
        Assert.Contains(part, answer.Text);
    }

    [Fact]
    public async Task The_version_is_two_numbers()
    {
        var version = (await http.GetAsync("/version")).Json;
        Assert.True(int.TryParse(version.GetProperty("major").GetString(), out _) && int.TryParse(version.GetProperty("minor").GetString(), out _));
    }

    [Fact]
    public async Task Reviews_have_no_table()
    {
        var answer = await http.SendAsync(
            "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", """{"spec":{"nonResourceAttributes":{"path":"/","verb":"get"}}}""", "application/json",
            ("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io"));
        Assert.Equal(406, answer.Code);
    }

    [Fact]
    public async Task Strict_patches_blame_the_patch()
    {
        await http.SendAsync("POST", "/api/v1/namespaces/default/configmaps", """{"metadata":{"name":"m"}}""");
        var answer = await http.SendAsync("PATCH", "/api/v1/namespaces/default/configmaps/m?fieldValidation=Strict", """{"dtaa":{}}""", "application/merge-patch+json");
        Assert.Equal(422, answer.Code);
        Assert.Equal(" \"\" is invalid: patch: Invalid value: \"{\\\"dtaa\\\":{}}\": strict decoding error: unknown field \"dtaa\"", answer.Json.GetProperty("message").GetString());
    }
}
