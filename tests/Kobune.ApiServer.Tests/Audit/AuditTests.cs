using System.Text.Json;
using Kobune.ApiServer.Audit;
using Kobune.ApiServer.Tests.Https;
using Kobune.Testing.ApiServers;

namespace Kobune.ApiServer.Tests.Audit;

/// <summary>What the audit log holds of requests.</summary>
public sealed class AuditTests
{
    private const string Policy = """
        apiVersion: audit.k8s.io/v1
        kind: Policy
        omitStages: [RequestReceived]
        omitManagedFields: true
        rules:
        - {level: None, nonResourceURLs: ["/healthz*"]}
        - {level: RequestResponse, resources: [{group: "", resources: [configmaps, secrets]}]}
        - {level: Request, verbs: [create], resources: [{group: "", resources: [pods]}]}
        - {level: Metadata}
        """;

    [Fact]
    public async Task Events_follow_the_policy_and_hold_no_secrets()
    {
        var events = await RecordAsync(Policy, async http =>
        {
            await http.GetAsync("/healthz");
            await http.SendAsync("POST", "/api/v1/namespaces/default/configmaps", """{"metadata":{"name":"m"},"data":{"k":"v"}}""");
            await http.SendAsync("POST", "/api/v1/namespaces/default/secrets", """{"metadata":{"name":"s"},"stringData":{"k":"do-not-tell"}}""");
            await http.GetAsync("/api/v1/namespaces/default/pods/none", ("Impersonate-User", "jane"), ("Impersonate-Group", "system:masters"));
            await http.GetAsync("/version");
        });
        Assert.Equal(
            ["create configmaps 201 RequestResponse", "create secrets 201 Metadata", "get pods 404 Metadata", "get  200 Metadata"],
            events.Select(e => $"{e.GetProperty("verb")} {(e.TryGetProperty("objectRef", out var r) ? r.GetProperty("resource") : "")} {e.GetProperty("responseStatus").GetProperty("code")} {e.GetProperty("level")}"));
        Assert.All(events, e => Assert.Equal("ResponseComplete", e.GetProperty("stage").GetString()));
        Assert.Equal("v", events[0].GetProperty("requestObject").GetProperty("data").GetProperty("k").GetString());
        Assert.False(events[0].GetProperty("responseObject").GetProperty("metadata").TryGetProperty("managedFields", out _));
        Assert.Equal("allow", events[0].GetProperty("annotations").GetProperty("authorization.k8s.io/decision").GetString());
        Assert.DoesNotContain(events, e => e.ToString().Contains("do-not-tell"));
        Assert.Equal(("admin", "jane"), (events[2].GetProperty("user").GetProperty("username").GetString(), events[2].GetProperty("impersonatedUser").GetProperty("username").GetString()));
    }

    [Fact]
    public async Task A_large_log_is_set_aside_and_old_ones_removed()
    {
        var folder = Directory.CreateTempSubdirectory("kobune-audit-").FullName;
        try
        {
            var options = new AuditOptions(AuditPolicy.Parse("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]"), Path.Combine(folder, "audit.log")) { MaxBytes = 2000, MaxBackups = 2 };
            await using (var server = await TestApiServer.StartAsync(o => o with { Audit = options }))
            {
                using var http = new RawClient(server);
                for (var i = 0; i < 20; i++)
                {
                    await http.GetAsync("/version");
                }
            }

            Assert.Equal(3, Directory.GetFiles(folder).Length);
            Assert.All(Directory.GetFiles(folder), f => Assert.InRange(new FileInfo(f).Length, 1, 2000));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(options.Path));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("kind: Policy", "an audit policy has apiVersion audit.k8s.io/v1")]
    [InlineData("apiVersion: audit.k8s.io/v1\nkind: Policy", "rules: Required value")]
    [InlineData("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: All}]", "rules[0].level: Unsupported value: \"All\"")]
    public void Wrong_policies_are_refused(string policy, string why) =>
        Assert.Contains(why, Assert.Throws<FormatException>(() => AuditPolicy.Parse(policy)).Message);

    private static async Task<List<JsonElement>> RecordAsync(string policy, Func<RawClient, Task> act)
    {
        var file = Path.GetTempFileName();
        try
        {
            await using (var server = await TestApiServer.StartAsync(o => o with { Audit = new AuditOptions(AuditPolicy.Parse(policy), file) }))
            {
                using var http = new RawClient(server);
                await act(http);
            }

            return [.. (await File.ReadAllLinesAsync(file)).Select(l => JsonSerializer.Deserialize<JsonElement>(l))];
        }
        finally
        {
            File.Delete(file);
        }
    }
}
