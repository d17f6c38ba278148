using System.Text.Json.Nodes;
using Kobune.Testing.ApiServers;

namespace Kobune.ApiServer.Tests.CustomResources;

/// <summary>Versions that a webhook converts.</summary>
public sealed class ConversionWebhookTests
{
    [Fact]
    public async Task Objects_are_read_listed_patched_and_watched_in_a_version_that_a_webhook_makes()
    {
        await using var server = await TestApiServer.StartAsync();
        using var crds = new Crds(server);
        await using var hook = await FakeWebhook.StartAsync((_, review) => Converted(review));
        await crds.DefineAsync("""
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: hosts.example.com}
            spec:
              group: example.com
              scope: Namespaced
              names: {plural: hosts, kind: Host}
              conversion: {strategy: Webhook, webhook: {conversionReviewVersions: [v1], clientConfig: {url: "URL/convert", caBundle: AUTHORITY}}}
              versions:
              - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {hostPort: {type: string}}}}}
              - {name: v2, served: true, storage: false, schema: {openAPIV3Schema: {type: object, properties: {host: {type: string}, port: {type: string}}}}}
            """.Replace("URL", hook.Url).Replace("AUTHORITY", hook.Authority));
        const string V1 = "/apis/example.com/v1/namespaces/default/hosts";
        const string V2 = "/apis/example.com/v2/namespaces/default/hosts";
        await crds.SendAsync("POST", V1, """{"metadata":{"name":"a"},"hostPort":"localhost:80"}""");
        var (_, two, _) = await crds.GetAsync(V2 + "/a");
        Assert.Equal(("example.com/v2", "localhost", "80"), (two["apiVersion"]!.GetValue<string>(), two["host"]!.GetValue<string>(), two["port"]!.GetValue<string>()));
        var (code, made, _) = await crds.SendAsync("POST", V2, """{"metadata":{"name":"b"},"host":"h","port":"1"}""");
        Assert.True(code == 201, made.ToJsonString());
        Assert.Equal("h", made["host"]!.GetValue<string>());
        Assert.Equal("h:1", (await crds.GetAsync(V1 + "/b")).Body["hostPort"]!.GetValue<string>());
        (code, made, _) = await crds.SendAsync("PATCH", V2 + "/b", """{"port":"2"}""", "application/merge-patch+json");
        Assert.True(code == 200, made.ToJsonString());
        Assert.Equal("2", made["port"]!.GetValue<string>());
        Assert.Equal(["localhost", "h"], (await crds.GetAsync(V2)).Body["items"]!.AsArray().Select(i => i!["host"]!.GetValue<string>()));
        using var watch = await crds.Http.GetAsync(V2 + "?watch=1", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(await watch.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        Assert.Contains("\"host\":\"localhost\"", await reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
    }

    private static JsonNode Converted(JsonNode review)
    {
        var wanted = review["request"]!["desiredAPIVersion"]!.GetValue<string>();
        var result = new JsonArray();
        foreach (var item in review["request"]!["objects"]!.AsArray())
        {
            var obj = item!.DeepClone().AsObject();
            obj["apiVersion"] = wanted;
            if (wanted.EndsWith("v2", StringComparison.Ordinal) && obj["hostPort"] is { } both)
            {
                var parts = both.GetValue<string>().Split(':');
                obj.Remove("hostPort");
                obj["host"] = parts[0];
                obj["port"] = parts[1];
            }
            else if (wanted.EndsWith("v1", StringComparison.Ordinal) && obj["host"] is not null)
            {
                obj["hostPort"] = $"{obj["host"]}:{obj["port"]}";
                obj.Remove("host");
                obj.Remove("port");
            }

            result.Add((JsonNode)obj);
        }

        return new JsonObject
        {
            ["apiVersion"] = "apiextensions.k8s.io/v1",
            ["kind"] = "ConversionReview",
            ["response"] = new JsonObject { ["uid"] = review["request"]!["uid"]!.DeepClone(), ["result"] = new JsonObject { ["status"] = "Success" }, ["convertedObjects"] = result },
        };
    }
}
