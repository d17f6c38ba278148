using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Testing.ApiServers;

namespace Kobune.ApiServer.Tests.CustomResources;

/// <summary>Webhooks and policies of admission, with a real server behind them.</summary>
public sealed class AdmissionWebhookTests : IAsyncLifetime
{
    private const string Maps = "/api/v1/namespaces/default/configmaps";
    private const string Registration = "/apis/admissionregistration.k8s.io/v1/";
    private TestApiServer server = null!;
    private Crds crds = null!;

    public async ValueTask InitializeAsync()
    {
        server = await TestApiServer.StartAsync();
        crds = new Crds(server);
    }

    public ValueTask DisposeAsync()
    {
        crds.Dispose();
        return server.DisposeAsync();
    }

    [Fact]
    public async Task Mutating_webhooks_change_objects_in_order_and_match_conditions_leave_some_out()
    {
        await using var hook = await FakeWebhook.StartAsync((path, review) =>
        {
            var data = review["request"]!["object"]!["data"];
            return path switch
            {
                "/one" when data?["start"] is not null => FakeWebhook.Review(review, """[{"op":"add","path":"/data/stage-1","value":"yes"}]"""),
                "/two" when data?["stage-1"] is not null => FakeWebhook.Review(review, """[{"op":"add","path":"/data/stage-2","value":"yes"}]"""),
                _ => FakeWebhook.Review(review),
            };
        });
        await PostAsync("mutatingwebhookconfigurations", Configuration("MutatingWebhookConfiguration", "m", [("one", hook.Url + "/one", "configmaps"), ("two", hook.Url + "/two", "configmaps")], hook, "object.metadata.name != 'skip-me'"));
        await UntilAsync(async () => (await MapAsync("first"))["data"]!["stage-2"] is not null);
        Assert.Null((await MapAsync("skip-me"))["data"]!["stage-1"]);
        var request = hook.Requests.First().Body["request"]!;
        Assert.Equal("CREATE", request["operation"]!.GetValue<string>());
        Assert.Equal("""{"group":"","version":"v1","resource":"configmaps"}""", request["resource"]!.ToJsonString());
        Assert.Equal("admin", request["userInfo"]!["username"]!.GetValue<string>());
        Assert.Equal("CreateOptions", request["options"]!["kind"]!.GetValue<string>());
    }

    [Fact]
    public async Task Validating_webhooks_deny_with_their_words_and_failures_deny_or_pass()
    {
        await using var hook = await FakeWebhook.StartAsync((_, review) =>
            review["request"]!["name"]?.GetValue<string>() == "bad" ? FakeWebhook.Review(review, denial: "not this one") : FakeWebhook.Review(review));
        await PostAsync("validatingwebhookconfigurations", Configuration("ValidatingWebhookConfiguration", "v", [("deny", hook.Url + "/v", "configmaps")], hook));
        JsonNode? denied = null;
        await UntilAsync(async () => (denied = await MapAsync("bad"))["code"]?.GetValue<int>() == 400);
        Assert.Equal("admission webhook \"deny.example.com\" denied the request: not this one", denied!["message"]!.GetValue<string>());
        Assert.Equal("ConfigMap", (await MapAsync("good"))["kind"]!.GetValue<string>());
        // Nobody locks himself out.
        await crds.SendAsync("DELETE", Registration + "validatingwebhookconfigurations/v", null);
        await PostAsync("validatingwebhookconfigurations", Configuration("ValidatingWebhookConfiguration", "closed", [("closed", "https://127.0.0.1:1/", "configmaps")], hook));
        await UntilAsync(async () => (denied = await MapAsync("any"))["code"]?.GetValue<int>() == 500);
        Assert.StartsWith("Internal error occurred: failed calling webhook \"closed.example.com\": failed to call webhook: Post \"https://127.0.0.1:1/?timeout=5s\"", denied!["message"]!.GetValue<string>());
        Assert.Equal("InternalError", denied["reason"]!.GetValue<string>());
    }

    [Fact]
    public async Task Webhooks_mutate_custom_resources_and_the_result_is_pruned()
    {
        await using var hook = await FakeWebhook.StartAsync((_, review) => FakeWebhook.Review(review, """[{"op":"add","path":"/spec/a","value":"x"},{"op":"add","path":"/spec/b","value":"y"}]"""));
        await crds.DefineAsync(Crds.Widgets("{type: object, properties: {a: {type: string}}}"));
        await PostAsync("mutatingwebhookconfigurations", Configuration("MutatingWebhookConfiguration", "m", [("cr", hook.Url + "/", "widgets")], hook, groups: "example.com"));
        var count = 0;
        JsonNode? made = null;
        await UntilAsync(async () => (made = (await crds.SendAsync("POST", "/apis/example.com/v1/namespaces/default/widgets", $$$"""{"metadata":{"name":"w{{{count++}}}"},"spec":{}}""")).Body)["spec"]?["a"] is not null);
        Assert.Equal("""{"a":"x"}""", made!["spec"]!.ToJsonString());
        Assert.Equal("Widget", hook.Requests.First().Body["request"]!["object"]!["kind"]!.GetValue<string>());
    }

    [Fact]
    public async Task Conditions_that_do_not_compile_are_refused()
    {
        var (code, status, _) = await crds.SendAsync("POST", Registration + "mutatingwebhookconfigurations", Configuration("MutatingWebhookConfiguration", "m", [("one", "https://x.example.com/", "configmaps")], null, "... [}"));
        Assert.Equal(422, code);
        Assert.Contains("compilation failed", status["message"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_validating_policy_denies_what_its_expression_says_with_parameters_and_variables()
    {
        await PostAsync("validatingadmissionpolicies", """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicy
            metadata: {name: limit}
            spec:
              paramKind: {apiVersion: v1, kind: ConfigMap}
              matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}]}
              variables: [{name: max, expression: "int(params.data.max)"}]
              validations:
              - {expression: "object.spec.replicas > 1", message: wrong replicas}
              - {expression: "object.spec.replicas <= variables.max", messageExpression: "'at most ' + string(variables.max)", reason: Forbidden}
              - {expression: "authorizer.group('apps').resource('deployments').check('create').allowed()"}
            """);
        await crds.SendAsync("POST", Maps, """{"metadata":{"name":"limits"},"data":{"max":"5"}}""");
        await PostAsync("validatingadmissionpolicybindings", "{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicyBinding, metadata: {name: bind}, spec: {policyName: limit, validationActions: [Deny], paramRef: {name: limits, namespace: default, parameterNotFoundAction: Deny}}}");
        JsonNode? answer = null;
        await UntilAsync(async () => (answer = await DeployAsync("one", 1))["code"]?.GetValue<int>() == 422);
        Assert.Equal("deployments.apps \"one\" is forbidden: ValidatingAdmissionPolicy 'limit' with binding 'bind' denied request: wrong replicas", answer!["message"]!.GetValue<string>());
        answer = await DeployAsync("ten", 10);
        Assert.Equal((403, "deployments.apps \"ten\" is forbidden: ValidatingAdmissionPolicy 'limit' with binding 'bind' denied request: at most 5"), (answer["code"]!.GetValue<int>(), answer["message"]!.GetValue<string>()));
        Assert.Equal("Deployment", (await DeployAsync("three", 3))["kind"]!.GetValue<string>());
        var (_, policy, _) = await crds.GetAsync(Registration + "validatingadmissionpolicies/limit");
        Assert.Equal(1, policy["status"]!["observedGeneration"]!.GetValue<int>());
        Assert.NotNull(policy["status"]!["typeChecking"]);
    }

    [Fact]
    public async Task A_mutating_policy_applies_a_partial_object_or_a_patch()
    {
        await PostAsync("mutatingadmissionpolicies", """
            apiVersion: admissionregistration.k8s.io/v1
            kind: MutatingAdmissionPolicy
            metadata: {name: mark}
            spec:
              reinvocationPolicy: Never
              matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]}
              mutations:
              - patchType: ApplyConfiguration
                applyConfiguration: {expression: "Object{metadata: Object.metadata{annotations: {'by': 'policy'}}, spec: Object.spec{replicas: 4}}"}
              - patchType: JSONPatch
                jsonPatch: {expression: "[JSONPatch{op: 'add', path: '/metadata/annotations/' + jsonpatch.escapeKey('a/b'), value: object.metadata.name}]"}
            """);
        await PostAsync("mutatingadmissionpolicybindings", "{apiVersion: admissionregistration.k8s.io/v1, kind: MutatingAdmissionPolicyBinding, metadata: {name: bind}, spec: {policyName: mark}}");
        var count = 0;
        JsonNode? made = null;
        await UntilAsync(async () => (made = await DeployAsync("d" + count++, 1))["metadata"]!["annotations"] is not null);
        Assert.Equal("policy", made!["metadata"]!["annotations"]!["by"]!.GetValue<string>());
        Assert.Equal(made["metadata"]!["name"]!.GetValue<string>(), made["metadata"]!["annotations"]!["a/b"]!.GetValue<string>());
        Assert.Equal(4, made["spec"]!["replicas"]!.GetValue<int>());
    }

    [Fact]
    public async Task Rules_in_a_schema_hold_over_values_and_changes()
    {
        await crds.DefineAsync(Crds.Widgets("""
            {type: object, x-kubernetes-validations: [{rule: "self.min <= self.max", message: min above max}, {rule: "!has(oldSelf.fixed) || self.fixed == oldSelf.fixed", messageExpression: "'fixed is ' + oldSelf.fixed", fieldPath: .fixed}],
              properties: {min: {type: integer}, max: {type: integer}, fixed: {type: string}, names: {type: array, items: {type: string, x-kubernetes-validations: [{rule: "self.size() < 4", reason: FieldValueForbidden}]}}}}
            """.ReplaceLineEndings(" ")));
        const string Items = "/apis/example.com/v1/namespaces/default/widgets";
        var (code, status, _) = await crds.SendAsync("POST", Items, """{"metadata":{"name":"a"},"spec":{"min":3,"max":2,"names":["ok","toolong"]}}""");
        Assert.Equal(422, code);
        Assert.Equal(["spec: Invalid value: \"object\": min above max", "spec.names[1]: Forbidden: failed rule: self.size() < 4"], status["details"]!["causes"]!.AsArray().Select(c => c!["field"] + ": " + c["message"]));
        await crds.SendAsync("POST", Items, """{"metadata":{"name":"a"},"spec":{"min":1,"max":2,"fixed":"x"}}""");
        (code, status, _) = await crds.SendAsync("PATCH", Items + "/a", """{"spec":{"fixed":"y"}}""", "application/merge-patch+json");
        Assert.Equal((422, "Widget.example.com \"a\" is invalid: spec.fixed: Invalid value: \"object\": fixed is x"), (code, status["message"]!.GetValue<string>()));
        var bad = Crds.Widgets("""{type: object, properties: {a: {type: string}}, x-kubernetes-validations: [{rule: "self.b == 'x'"}]}""").Replace("widgets", "others").Replace("Widget", "Other").Replace("wd", "ot");
        (code, status, _) = await crds.SendAsync("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", bad);
        Assert.Equal(422, code);
        Assert.Contains("undefined field 'b'", status["message"]!.GetValue<string>());
    }

    private static string Configuration(string kind, string name, (string Name, string Url, string Resource)[] hooks, FakeWebhook? server, string? condition = null, string groups = "")
    {
        var list = hooks.Select(h => $$"""
            - name: {{h.Name}}.example.com
              clientConfig: {url: "{{h.Url}}"{{(server is null ? "" : $", caBundle: {server.Authority}")}}}
              rules: [{apiGroups: ["{{groups}}"], apiVersions: ["*"], operations: ["*"], resources: [{{h.Resource}}]}]
              sideEffects: None
              timeoutSeconds: 5
              admissionReviewVersions: [v1]
              matchConditions: {{(condition is null ? "[]" : $"[{{name: c, expression: \"{condition}\"}}]")}}
            """);
        return $"apiVersion: admissionregistration.k8s.io/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nwebhooks:\n{string.Join('\n', list)}\n";
    }

    private async Task PostAsync(string resource, string yaml)
    {
        var (code, answer, _) = await crds.SendAsync("POST", Registration + resource, yaml, "application/yaml");
        Assert.True(code == 201, answer.ToJsonString());
    }

    private int maps;

    /// <summary>Creates the ConfigMap anew: what has been made by an earlier try is deleted first.</summary>
    private async Task<JsonNode> MapAsync(string name)
    {
        if (maps++ > 0)
        {
            await crds.SendAsync("DELETE", Maps + "/" + name, null);
        }

        var (code, body, _) = await crds.SendAsync("POST", Maps, $$$"""{"metadata":{"name":"{{{name}}}"},"data":{"start":"yes"}}""");
        Assert.True(code != 500 || name == "any", body.ToJsonString());
        return body;
    }

    private async Task<JsonNode> DeployAsync(string name, int replicas)
    {
        await crds.SendAsync("DELETE", "/apis/apps/v1/namespaces/default/deployments/" + name, null);
        const string Body = """{"metadata":{"name":"NAME"},"spec":{"replicas":COUNT,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}""";
        var body = Body.Replace("NAME", name).Replace("COUNT", replicas.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return (await crds.SendAsync("POST", "/apis/apps/v1/namespaces/default/deployments", body)).Body;
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
        }
    }
}
