using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Kobune.ApiServer.Tests.Https;
using Kobune.Testing.ApiServers;

namespace Kobune.ApiServer.Tests.Hostile;

/// <summary>Input made to hurt: every answer is a well-formed 4xx Status, soon, and the server goes on serving.</summary>
public sealed class HostileInputTests : IAsyncLifetime
{
    private const string Maps = "/api/v1/namespaces/default/configmaps";
    private const string Pods = "/api/v1/namespaces/default/pods";
    private const string Strategic = "application/strategic-merge-patch+json";
    /// <summary>Generous, because the machine may be busy; without limits these inputs take minutes or for ever.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);
    private TestApiServer server = null!;
    private RawClient http = null!;

    public async ValueTask InitializeAsync()
    {
        server = await TestApiServer.StartAsync();
        http = new RawClient(server);
        var made = await http.SendAsync("POST", Maps, """{"metadata":{"name":"victim"},"data":{"k":"v"}}""");
        Assert.Equal(201, made.Code);
    }

    public ValueTask DisposeAsync()
    {
        http.Dispose();
        return server.DisposeAsync();
    }

    public static TheoryData<string, string, byte[]> Bodies()
    {
        var data = new TheoryData<string, string, byte[]>();
        void Add(string name, string type, byte[] body) => data.Add(name, type, body);
        void Text(string name, string type, string body) => Add(name, type, Encoding.UTF8.GetBytes(body));
        var random = new Random(42);
        foreach (var type in new[] { "application/json", "application/yaml", "application/vnd.kubernetes.protobuf" })
        {
            for (var i = 0; i < 4; i++)
            {
                var bytes = new byte[1 << (4 + (i * 4))];
                random.NextBytes(bytes);
                Add($"random {i}", type, bytes);
            }
        }

        Text("empty", "application/json", "");
        Text("null", "application/json", "null");
        Text("number", "application/json", "1");
        Text("array", "application/json", "[]");
        Text("text", "application/json", "\"x\"");
        Text("unfinished", "application/json", "{\"metadata\":{\"name\":");
        Text("trailing", "application/json", "{\"metadata\":{\"name\":\"a\"}}}");
        Text("deep arrays", "application/json", new string('[', 500_000));
        Text("deep objects", "application/json", string.Concat(Enumerable.Repeat("{\"a\":", 100_000)) + "1" + new string('}', 100_000));
        Text("deep in data", "application/json", "{\"metadata\":{\"name\":\"d\"},\"data\":" + string.Concat(Enumerable.Repeat("{\"a\":", 50_000)) + "1" + new string('}', 50_001));
        Text("huge number", "application/json", "{\"metadata\":{\"name\":\"n\",\"generation\":1" + new string('0', 100_000) + "}}");
        Text("huge exponent", "application/json", "{\"metadata\":{\"name\":\"n\",\"generation\":1e999999999}}");
        Text("number for text", "application/json", "{\"metadata\":{\"name\":1}}");
        Text("object for text", "application/json", "{\"metadata\":{\"name\":{}}}");
        Text("text for a map", "application/json", "{\"metadata\":{\"name\":\"n\"},\"data\":\"x\"}");
        Text("NUL in a name", "application/json", "{\"metadata\":{\"name\":\"a\\u0000b\"}}");
        Text("lone surrogate", "application/json", "{\"metadata\":{\"name\":\"\\ud800\"}}");
        Add("invalid UTF-8", "application/json", [.. "{\"metadata\":{\"name\":\""u8, 0xff, 0xfe, .. "\"}}"u8]);
        Add("UTF-16", "application/json", Encoding.Unicode.GetBytes("{\"metadata\":{\"name\":\"a\"}}"));
        Text("path in a name", "application/json", "{\"metadata\":{\"name\":\"../secrets/x\"}}");
        Text("other namespace", "application/json", "{\"metadata\":{\"name\":\"a\",\"namespace\":\"kube-system\"}}");
        Text("other kind", "application/json", "{\"kind\":\"Secret\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"a\"}}");
        Text("alias bomb", "application/yaml", AliasBomb());
        Text("deep flow YAML", "application/yaml", new string('[', 100_000));
        Text("deep block YAML", "application/yaml", string.Concat(Enumerable.Range(0, 2000).Select(i => new string(' ', i) + "a:\n")));
        Text("recursive anchor", "application/yaml", "metadata: &a\n  name: x\n  labels: *a\n");
        Text("unknown anchor", "application/yaml", "metadata: *nothing\n");
        Text("many questions", "application/yaml", string.Concat(Enumerable.Repeat("? ", 50_000)));
        Text("tabs", "application/yaml", "\t\t\tmetadata:\n\t- {{{");
        Add("proto magic only", "application/vnd.kubernetes.protobuf", [.. "k8s\0"u8]);
        Add("proto endless length", "application/vnd.kubernetes.protobuf", [.. "k8s\0"u8, 0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]);
        Add("proto endless varint", "application/vnd.kubernetes.protobuf", [.. "k8s\0"u8, 0x0a, .. Enumerable.Repeat((byte)0xff, 64)]);
        Add("proto bad groups", "application/vnd.kubernetes.protobuf", [.. "k8s\0"u8, .. Enumerable.Repeat((byte)0x0b, 100_000)]);
        Add("proto nested raw", "application/vnd.kubernetes.protobuf", [.. "k8s\0"u8, 0x12, 0x05, 0x0a, 0xff, 0xff, 0xff, 0x7f]);
        return data;
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Bodies_are_refused(string name, string type, byte[] body)
    {
        var start = Stopwatch.GetTimestamp();
        RequireRefused(await http.SendAsync("POST", Maps, body, type), start);
        if (type != "application/json" && name != "proto magic only")
        {
            RequireRefused(await http.SendAsync("PUT", Maps + "/victim", body, type), start);
        }

        await RequireAliveAsync();
    }

    [Theory]
    [InlineData("application/json-patch+json", "{}")]
    [InlineData("application/json-patch+json", "[1]")]
    [InlineData("application/json-patch+json", "[{\"op\":\"explode\",\"path\":\"/data\"}]")]
    [InlineData("application/json-patch+json", "[{\"op\":\"add\",\"path\":\"data\",\"value\":1}]")]
    [InlineData("application/json-patch+json", "[{\"op\":\"remove\",\"path\":\"\"}]")]
    [InlineData("application/json-patch+json", "[{\"op\":\"replace\",\"path\":\"\",\"value\":[]}]")]
    [InlineData("application/json-patch+json", "[{\"op\":\"add\",\"path\":\"/metadata/finalizers/99999999999\",\"value\":\"a/b\"}]")]
    [InlineData("application/json-patch+json", "[{\"op\":\"move\",\"from\":\"/data\",\"path\":\"/data/k/deeper\"}]")]
    [InlineData("application/json-patch+json", "[{\"op\":\"test\",\"path\":\"/data/k\",\"value\":\"w\"}]")]
    [InlineData("application/merge-patch+json", "[]")]
    [InlineData("application/merge-patch+json", "{\"metadata\":{\"name\":\"other\"}}")]
    [InlineData("application/merge-patch+json", "{\"metadata\":null}")]
    [InlineData("application/merge-patch+json", "{\"data\":[1,2]}")]
    [InlineData(Strategic, "{\"metadata\":{\"$patch\":\"explode\"}}")]
    [InlineData(Strategic, "{\"metadata\":{\"ownerReferences\":[{\"$patch\":\"delete\"}]}}")]
    [InlineData(Strategic, "{\"metadata\":{\"finalizers\":{\"a\":1}}}")]
    [InlineData("application/apply-patch+yaml", "a: [")]
    [InlineData("application/apply-patch+yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}")]
    [InlineData("application/apply-patch+yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: victim, managedFields: [{manager: x}]}")]
    [InlineData("application/x-www-form-urlencoded", "a=b")]
    public async Task Patches_are_refused(string type, string patch)
    {
        var start = Stopwatch.GetTimestamp();
        RequireRefused(await http.SendAsync("PATCH", Maps + "/victim?fieldManager=t", patch, type), start);
        await RequireAliveAsync();
    }

    [Fact]
    public async Task Patch_bombs_are_refused()
    {
        var start = Stopwatch.GetTimestamp();
        var many = "[" + string.Join(',', Enumerable.Repeat("{\"op\":\"test\",\"path\":\"/data/k\",\"value\":\"v\"}", 10_001)) + "]";
        Assert.Equal(413, RequireRefused(await http.SendAsync("PATCH", Maps + "/victim", many, "application/json-patch+json"), start).Code);
        // Each copy doubles the object.
        var doubling = "[" + string.Join(',', Enumerable.Range(0, 60).Select(i => $"{{\"op\":\"copy\",\"from\":\"/metadata\",\"path\":\"/metadata/x{i}\"}}")) + "]";
        RequireRefused(await http.SendAsync("PATCH", Maps + "/victim", doubling, "application/json-patch+json"), start);
        foreach (var type in new[] { "application/json-patch+json", "application/merge-patch+json", Strategic, "application/apply-patch+yaml" })
        {
            RequireRefused(await http.SendAsync("PATCH", Maps + "/victim?fieldManager=t", string.Concat(Enumerable.Repeat("{\"a\":", 100_000)) + "1" + new string('}', 100_000), type), start);
        }

        await RequireAliveAsync();
    }

    [Theory]
    [InlineData("/api/v1/namespaces/../../secrets")]
    [InlineData("/api/v1/namespaces/default/configmaps/..%2f..%2fsecrets")]
    [InlineData("/api/v1/namespaces/default/configmaps/a%00b")]
    [InlineData("/api/v1/namespaces/default/configmaps/%ff%fe")]
    [InlineData("/api//v1///namespaces/default/nothing")]
    [InlineData("/apis/apps/v1/namespaces/default/deployments/a/b/c/d/e/f")]
    [InlineData("/api/v1/nodes/http:none:99999/proxy/")]
    [InlineData("/api/v1/namespaces/default/services/a:b:c:d/proxy/")]
    [InlineData("/livez/../metrics/x")]
    [InlineData("/openapi/v3/../../etc/passwd")]
    [InlineData("/api/v1/pods?continue=%00%01")]
    [InlineData("/api/v1/pods?labelSelector=a%20in%20(((((")]
    [InlineData("/api/v1/pods?fieldSelector=%3D%3D%3D")]
    [InlineData("/api/v1/pods?resourceVersion=99999999999999999999999")]
    [InlineData("/api/v1/pods?resourceVersion=-1")]
    [InlineData("/api/v1/pods?watch=1&resourceVersion=x")]
    public async Task Paths_and_queries_are_refused(string path)
    {
        // By hand: HttpClient would tidy the path up first.
        var (code, body) = await RawGetAsync(path);
        Assert.InRange(code, 400, 499);
        if (body.Length == 0)
        {
            // What is no HTTP at all is refused before there is a request.
            Assert.Equal(400, code);
            return;
        }

        using var status = JsonDocument.Parse(body);
        Assert.Equal("Status", status.RootElement.GetProperty("kind").GetString());
        await RequireAliveAsync();
    }

    [Fact]
    public async Task Oversized_bodies_are_refused_without_being_read_whole()
    {
        var start = Stopwatch.GetTimestamp();
        var large = Encoding.UTF8.GetBytes("{\"metadata\":{\"name\":\"l\"},\"data\":{\"k\":\"" + new string('x', 8 << 20) + "\"}}");
        try
        {
            Assert.Equal(413, (await http.SendAsync("POST", Maps, large)).Code);
        }
        catch (HttpRequestException)
        {
            // The server hangs up on the rest of the body, and the client may notice before it reads the answer.
        }

        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, Soon);
        await RequireAliveAsync();
    }

    [Fact]
    public async Task Long_lists_of_small_things_are_taken_or_refused_soon()
    {
        var start = Stopwatch.GetTimestamp();
        var labels = string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"\"k{i}\":\"v\""));
        var answer = await http.SendAsync("POST", Maps, $"{{\"metadata\":{{\"name\":\"l\",\"labels\":{{{labels}}}}}}}");
        Assert.InRange(answer.Code, 200, 499);
        var unknown = string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"\"u{i}\":1"));
        RequireRefused(await http.SendAsync("POST", Maps + "?fieldValidation=Strict", $"{{\"metadata\":{{\"name\":\"u\"}},{unknown}}}"), start);
        var containers = string.Join(',', Enumerable.Range(0, 20_000).Select(i => "{\"name\":\"c\",\"image\":\"i\"}"));
        RequireRefused(await http.SendAsync("POST", Pods, $"{{\"metadata\":{{\"name\":\"p\"}},\"spec\":{{\"containers\":[{containers}]}}}}"), start);
        await RequireAliveAsync();
    }

    [Fact]
    public async Task Broken_HTTP_ends_the_connection_and_nothing_else()
    {
        foreach (var request in new[] { "GET / HTTP/9.9\r\n\r\n", "\0\0\0\0\r\n\r\n", "GET /" + new string('a', 100_000) + " HTTP/1.1\r\nHost: x\r\n\r\n", "POST " + Maps + " HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n" })
        {
            await RawAsync(request);
        }

        await RequireAliveAsync();
    }

    private static RawClient.Answer RequireRefused(RawClient.Answer answer, long start)
    {
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, Soon);
        Assert.True(answer.Code is >= 400 and < 500, $"{answer.Code} {answer.Text[..Math.Min(answer.Text.Length, 500)]}");
        Assert.Equal("application/json", answer.ContentType);
        var status = answer.Json;
        Assert.Equal(("Status", "Failure", answer.Code), (status.GetProperty("kind").GetString(), status.GetProperty("status").GetString(), status.GetProperty("code").GetInt32()));
        Assert.NotEmpty(status.GetProperty("message").GetString()!);
        return answer;
    }

    private async Task RequireAliveAsync()
    {
        var victim = await http.GetAsync(Maps + "/victim");
        Assert.Equal((200, "v"), (victim.Code, victim.Json.GetProperty("data").GetProperty("k").GetString()));
    }

    private async Task<(int Code, string Body)> RawGetAsync(string path)
    {
        var text = await RawAsync($"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TestApiServer.AdminToken}\r\nConnection: close\r\n\r\n");
        return (int.Parse(text.Split(' ')[1]), text[(text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
    }

    private async Task<string> RawAsync(string request)
    {
        using var socket = new TcpClient();
        var uri = new Uri(server.Url);
        await socket.ConnectAsync(uri.Host, uri.Port);
        await using var tls = new SslStream(socket.GetStream(), false, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync("localhost");
        try
        {
            await tls.WriteAsync(Encoding.Latin1.GetBytes(request));
            using var reader = new StreamReader(tls);
            return await reader.ReadToEndAsync().WaitAsync(Soon);
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static string AliasBomb()
    {
        var text = new StringBuilder("metadata: {name: bomb}\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for (var i = 1; i < 12; i++)
        {
            text.Append($"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        }

        return text.ToString();
    }
}
