using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Testing.ApiServers;

namespace Kobune.ApiServer.Tests.Https;

/// <summary>What a client sees on the wire: codes, headers, bodies, encodings.</summary>
public sealed class HttpTests : IAsyncLifetime
{
    private TestApiServer server = null!;
    private HttpClient http = null!;

    public async ValueTask InitializeAsync()
    {
        server = await TestApiServer.StartAsync();
        http = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true }, AutomaticDecompression = DecompressionMethods.GZip }) { BaseAddress = new Uri(server.Url) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", TestApiServer.AdminToken);
    }

    public ValueTask DisposeAsync()
    {
        http.Dispose();
        return server.DisposeAsync();
    }

    [Theory]
    [InlineData("GET", "/nothing", 404, "NotFound")]
    [InlineData("GET", "/api/v1/nothing", 404, "NotFound")]
    [InlineData("GET", "/apis/none/v1/pods", 404, "NotFound")]
    [InlineData("GET", "/api/v1/namespaces/default/configmaps/a/b/c/d", 404, "NotFound")]
    [InlineData("POST", "/version", 405, "MethodNotAllowed")]
    [InlineData("POST", "/api/v1/namespaces/default", 405, "MethodNotAllowed")]
    [InlineData("GET", "/api/v1/pods?fieldSelector=a%3Db", 400, "BadRequest")]
    [InlineData("GET", "/api/v1/pods?labelSelector=a%20b", 400, "BadRequest")]
    [InlineData("GET", "/api/v1/pods?resourceVersion=x", 400, "BadRequest")]
    [InlineData("GET", "/api/v1/pods?continue=x", 400, "BadRequest")]
    [InlineData("GET", "/api/v1/pods?resourceVersionMatch=Exact", 422, "Invalid")]
    public async Task Wrong_requests_get_a_status(string method, string path, int code, string reason)
    {
        using var answer = await http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
        Assert.Equal(code, (int)answer.StatusCode);
        using var status = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal("Status", status.RootElement.GetProperty("kind").GetString());
        Assert.Equal("Failure", status.RootElement.GetProperty("status").GetString());
        Assert.Equal(reason, status.RootElement.GetProperty("reason").GetString());
        Assert.Equal(code, status.RootElement.GetProperty("code").GetInt32());
        Assert.True(answer.Headers.Contains("Audit-Id"));
    }

    [Fact]
    public async Task A_wrong_token_is_refused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/pods");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "wrong");
        using var refused = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task Strict_validation_names_the_unknown_field_and_warn_warns()
    {
        const string body = """{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"},"dtaa":{}}""";
        using var strict = await http.PostAsync("/api/v1/namespaces/default/configmaps?fieldValidation=Strict", new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.BadRequest, strict.StatusCode);
        Assert.Contains("strict decoding error: unknown field \\\"dtaa\\\"", await strict.Content.ReadAsStringAsync());
        using var warned = await http.PostAsync("/api/v1/namespaces/default/configmaps", new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.Created, warned.StatusCode);
        Assert.Contains("299 - \"unknown field \\\"dtaa\\\"\"", string.Join(';', warned.Headers.GetValues("Warning")));
    }

    [Fact]
    public async Task Yaml_and_protobuf_go_in_and_out()
    {
        using var created = await http.PostAsync("/api/v1/namespaces/default/configmaps", new StringContent("metadata: {name: yaml}\ndata: {k: v}\n", Encoding.UTF8, "application/yaml"));
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        var proto = KubeProto.Write(new ConfigMap { Metadata = new() { Name = "p" }, Data = { ["k"] = "v" } });
        using var content = new ByteArrayContent(proto) { Headers = { ContentType = new MediaTypeHeaderValue("application/vnd.kubernetes.protobuf") } };
        using var second = await http.PostAsync("/api/v1/namespaces/default/configmaps", content);
        Assert.True(second.StatusCode == HttpStatusCode.Created, await second.Content.ReadAsStringAsync());
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/namespaces/default/configmaps");
        request.Headers.Accept.ParseAdd("application/vnd.kubernetes.protobuf,application/json");
        using var answer = await http.SendAsync(request);
        Assert.Equal("application/vnd.kubernetes.protobuf", answer.Content.Headers.ContentType!.MediaType);
        var list = KubeProto.ReadList(ResourceInfo.Of<ConfigMap>(), await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal(["p", "yaml"], list.Items.Select(i => i.Metadata.Name));
        Assert.Equal("v", ((ConfigMap)list.Items[0]).Data["k"]);
    }

    [Fact]
    public async Task A_watch_speaks_json_lines()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/namespaces/default/configmaps?watch=1");
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        await server.Client.CreateAsync(new ConfigMap { Metadata = new() { Name = "w", Namespace = "default" } });
        var line = await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10));
        Assert.StartsWith("{\"type\":\"ADDED\",\"object\":{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"", line);
    }

    [Fact]
    public async Task Tables_have_columns_and_rows()
    {
        await server.Client.CreateAsync(new ConfigMap { Metadata = new() { Name = "t", Namespace = "default" }, Data = { ["k"] = "v" } });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/namespaces/default/configmaps");
        request.Headers.TryAddWithoutValidation("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json");
        using var answer = await http.SendAsync(request);
        using var table = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal("Table", table.RootElement.GetProperty("kind").GetString());
        Assert.Equal("meta.k8s.io/v1", table.RootElement.GetProperty("apiVersion").GetString());
        var row = table.RootElement.GetProperty("rows")[0];
        Assert.Equal("t", row.GetProperty("cells")[0].GetString());
        Assert.Equal("PartialObjectMetadata", row.GetProperty("object").GetProperty("kind").GetString());
    }

    [Fact]
    public async Task Items_of_lists_carry_no_kind()
    {
        await server.Client.CreateAsync(new ConfigMap { Metadata = new() { Name = "i", Namespace = "default" } });
        using var list = JsonDocument.Parse(await http.GetByteArrayAsync("/api/v1/namespaces/default/configmaps"));
        Assert.Equal("ConfigMapList", list.RootElement.GetProperty("kind").GetString());
        Assert.False(list.RootElement.GetProperty("items")[0].TryGetProperty("kind", out _));
    }

    [Fact]
    public async Task Aggregated_discovery_answers_304_to_its_own_tag()
    {
        const string accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
        using var request = new HttpRequestMessage(HttpMethod.Get, "/apis");
        request.Headers.TryAddWithoutValidation("Accept", accept);
        using var answer = await http.SendAsync(request);
        Assert.Contains("apidiscovery.k8s.io", answer.Content.Headers.ContentType!.ToString());
        using var again = new HttpRequestMessage(HttpMethod.Get, "/apis");
        again.Headers.TryAddWithoutValidation("Accept", accept);
        again.Headers.TryAddWithoutValidation("If-None-Match", answer.Headers.ETag!.ToString());
        using var unchanged = await http.SendAsync(again);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    [Fact]
    public async Task Every_openapi_document_parses_and_refers_only_to_what_it_has()
    {
        using var index = JsonDocument.Parse(await http.GetByteArrayAsync("/openapi/v3"));
        foreach (var path in index.RootElement.GetProperty("paths").EnumerateObject())
        {
            var text = await http.GetStringAsync(path.Value.GetProperty("serverRelativeURL").GetString());
            using var document = JsonDocument.Parse(text);
            var schemas = document.RootElement.GetProperty("components").GetProperty("schemas").EnumerateObject().Select(s => s.Name).ToHashSet();
            foreach (Match match in Regex.Matches(text, "#/components/schemas/([^\"]+)"))
            {
                Assert.Contains(match.Groups[1].Value, schemas);
            }
        }
    }

    [Theory]
    [InlineData("/healthz", "ok")]
    [InlineData("/livez/ping", "ok")]
    [InlineData("/readyz?verbose", "readyz check passed")]
    public async Task Health_is_told(string path, string end) =>
        Assert.EndsWith(end, (await http.GetStringAsync(path)).TrimEnd());
}
