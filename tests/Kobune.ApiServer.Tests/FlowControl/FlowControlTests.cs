using Kobune.Api;
using Kobune.Api.FlowControl.V1;
using Kobune.ApiServer.Authentication;
using Kobune.ApiServer.Tests.Https;
using Kobune.Client;
using Kobune.Testing.ApiServers;

namespace Kobune.ApiServer.Tests.FlowControl;

/// <summary>Priority and fairness as clients see it.</summary>
public sealed class FlowControlTests : IAsyncLifetime
{
    private TestApiServer server = null!;

    public async ValueTask InitializeAsync() => server = await TestApiServer.StartAsync(o => o with
    {
        Authenticators = _ => [new StaticTokenAuthenticator(new Dictionary<string, UserInfo>
        {
            [TestApiServer.AdminToken] = UserInfo.Of("admin", UserInfo.Masters),
            ["user-token"] = UserInfo.Of("somebody", UserInfo.Masters + "-not"),
        })],
        Authorizers = _ => [new AllowAll()],
    });

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task The_default_objects_exist_and_are_not_dangling()
    {
        var schemas = await server.Client.ListAsync<FlowSchema>(null);
        Assert.Superset(new HashSet<string> { "exempt", "probes", "system-nodes", "service-accounts", "global-default", "catch-all" }, schemas.Items.Select(s => s.Name).ToHashSet());
        Assert.All(schemas.Items, s => Assert.Contains(s.Status.Conditions, c => c is { Type: "Dangling", Status: "False" }));
        Assert.Equal(8, (await server.Client.ListAsync<PriorityLevelConfiguration>(null)).Items.Count);
    }

    [Fact]
    public async Task Answers_name_the_schema_and_level()
    {
        using var http = new RawClient(server, "user-token");
        var answer = await http.GetAsync("/api/v1/namespaces");
        Assert.Equal((await server.Client.GetAsync<FlowSchema>(null, "global-default")).Metadata.Uid, answer.Header("X-Kubernetes-PF-FlowSchema-UID"));
        Assert.Equal((await server.Client.GetAsync<PriorityLevelConfiguration>(null, "global-default")).Metadata.Uid, answer.Header("X-Kubernetes-PF-PriorityLevel-UID"));
    }

    [Fact]
    public async Task A_dangling_schema_says_so_and_a_deleted_mandatory_one_comes_back()
    {
        await server.Client.CreateAsync(new FlowSchema { Metadata = new() { Name = "lost" }, Spec = new() { MatchingPrecedence = 50, PriorityLevelConfiguration = new() { Name = "nowhere" } } });
        await server.Client.DeleteAsync<FlowSchema>(null, "catch-all");
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await foreach (var change in server.Client.WatchAsync<FlowSchema>(null, new WatchOptions { SendInitialEvents = true, FieldSelector = "metadata.name=lost" }, soon.Token))
        {
            if (change.Object.Status.Conditions.Exists(c => c is { Type: "Dangling", Status: "True", Reason: "NotFound" }))
            {
                break;
            }
        }

        await foreach (var change in server.Client.WatchAsync<FlowSchema>(null, new WatchOptions { SendInitialEvents = true, FieldSelector = "metadata.name=catch-all" }, soon.Token))
        {
            if (change.Type == WatchEventType.Added)
            {
                break;
            }
        }
    }

    private sealed class AllowAll : Authorization.IAuthorizer
    {
        public ValueTask<(Authorization.Decision Decision, string Reason)> AuthorizeAsync(Authorization.RequestAttributes attributes, CancellationToken cancellationToken) =>
            new((Authorization.Decision.Allow, ""));
    }
}
