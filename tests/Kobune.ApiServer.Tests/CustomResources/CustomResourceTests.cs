using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Api.ApiExtensions.V1;
using Kobune.Client;
using Kobune.Testing.ApiServers;

namespace Kobune.ApiServer.Tests.CustomResources;

/// <summary>Custom resources through the whole server: what definitions promise is what requests get.</summary>
public sealed class CustomResourceTests : IAsyncLifetime
{
    private const string Items = "/apis/example.com/v1/namespaces/default/widgets";
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
    public async Task A_definition_is_accepted_established_and_in_discovery_at_once()
    {
        await crds.DefineAsync(Crds.Widgets(more: "subresources: {status: {}, scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}}"));
        var (_, definition, _) = await crds.GetAsync("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com");
        Assert.Equal("NamesAccepted", definition["status"]!["conditions"]![0]!["type"]!.GetValue<string>());
        Assert.Equal("no conflicts found", definition["status"]!["conditions"]![0]!["message"]!.GetValue<string>());
        Assert.Equal("the initial names have been accepted", definition["status"]!["conditions"]![1]!["message"]!.GetValue<string>());
        Assert.Equal("widget", definition["status"]!["acceptedNames"]!["singular"]!.GetValue<string>());
        Assert.Equal("[\"v1\"]", definition["status"]!["storedVersions"]!.ToJsonString());
        var (_, resources, _) = await crds.GetAsync("/apis/example.com/v1");
        Assert.Equal(["widgets", "widgets/status", "widgets/scale"], resources["resources"]!.AsArray().Select(r => r!["name"]!.GetValue<string>()));
        Assert.Equal("[\"wd\"]", resources["resources"]![0]!["shortNames"]!.ToJsonString());
        var (_, groups, _) = await crds.GetAsync("/apis", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
        Assert.Contains(groups["items"]!.AsArray(), g => g!["metadata"]!["name"]?.GetValue<string>() == "example.com");
    }

    [Fact]
    public async Task Unknown_fields_are_pruned_and_named_and_defaults_filled_in()
    {
        await crds.DefineAsync(Crds.Widgets(
            "{type: object, properties: {size: {type: integer, default: 3}, color: {type: string, nullable: true}, free: {type: object, x-kubernetes-preserve-unknown-fields: true}, "
            + "port: {x-kubernetes-int-or-string: true}, template: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}}}"));
        const string body = """
            {"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"a","unknownMeta":1},
             "spec":{"color":null,"what":1,"free":{"any":{"thing":1}},"port":"http","template":{"apiVersion":"v1","kind":"X","metadata":{"name":"t","bad":1},"data":1}},"extra":true}
            """;
        var (code, strict, _) = await crds.SendAsync("POST", Items + "?fieldValidation=Strict", body);
        Assert.Equal(400, code);
        var message = strict["message"]!.GetValue<string>();
        Assert.Contains("strict decoding error: ", message);
        foreach (var field in new[] { "metadata.unknownMeta", "spec.what", "spec.template.metadata.bad", "extra" })
        {
            Assert.Contains($"unknown field \"{field}\"", message);
        }

        (code, var made, var warnings) = await crds.SendAsync("POST", Items, body);
        Assert.Equal(201, code);
        Assert.Contains("unknown field \\\"spec.what\\\"", warnings);
        Assert.Equal("""{"color":null,"free":{"any":{"thing":1}},"port":"http","template":{"apiVersion":"v1","kind":"X","metadata":{"name":"t"},"data":1},"size":3}""", made["spec"]!.ToJsonString());
        Assert.Null(made["extra"]);
        Assert.Equal(1, made["metadata"]!["generation"]!.GetValue<int>());
    }

    [Fact]
    public async Task Validation_speaks_upstreams_words()
    {
        await crds.DefineAsync(Crds.Widgets(
            "{type: object, required: [cron, size], properties: {cron: {type: string, pattern: '^(\\d+|\\*)$'}, size: {type: integer, minimum: 1, maximum: 10}, kind: {type: string, enum: [A, B]}, "
            + "name: {type: string, maxLength: 3}, port: {x-kubernetes-int-or-string: true}, items: {type: array, maxItems: 2, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [id], items: {type: object, required: [id], properties: {id: {type: string}}}}}}"));
        var (code, status, _) = await crds.SendAsync("POST", Items, """{"metadata":{"name":"a"},"spec":{"cron":"x","size":11,"kind":"C","name":"long","port":true,"items":[{"id":"a"},{"id":"a"},{}]}}""");
        Assert.Equal(422, code);
        var causes = status["details"]!["causes"]!.AsArray().Select(c => c!["field"] + ": " + c["message"]).ToList();
        Assert.Equal(
            [
                "spec.cron: Invalid value: \"x\": spec.cron in body should match '^(\\d+|\\*)$'",
                "spec.size: Invalid value: 11: spec.size in body should be less than or equal to 10",
                "spec.kind: Unsupported value: \"C\": supported values: \"A\", \"B\"",
                "spec.name: Too long: may not be more than 3 bytes",
                "spec.port: Invalid value: \"boolean\": spec.port in body must be of type integer,string: \"boolean\"",
                "spec.items: Too many: 3: must have at most 2 items",
                "spec.items[1]: Duplicate value: map[string]interface {}{\"id\":\"a\"}",
                "spec.items[2].id: Required value",
            ],
            causes);
        (code, status, _) = await crds.SendAsync("POST", Items, """{"metadata":{"name":"a"},"spec":{"cron":5}}""");
        Assert.Equal("Widget.example.com \"a\" is invalid: [spec.size: Required value, spec.cron: Invalid value: \"integer\": spec.cron in body must be of type string: \"integer\"]", status["message"]!.GetValue<string>());
    }

    [Fact]
    public async Task Defaults_apply_to_what_is_stored_already()
    {
        await crds.DefineAsync(Crds.Widgets("{type: object, properties: {a: {type: string}, b: {type: string}}}"));
        await crds.SendAsync("POST", Items, """{"metadata":{"name":"x"},"spec":{}}""");
        await crds.DefineAsync(Crds.Widgets("{type: object, properties: {a: {type: string, default: A}, b: {type: string}}}"));
        Assert.Equal("""{"a":"A"}""", (await crds.GetAsync(Items + "/x")).Body["spec"]!.ToJsonString());
        await crds.SendAsync("POST", Items, """{"metadata":{"name":"y"},"spec":{}}""");
        await crds.DefineAsync(Crds.Widgets("{type: object, properties: {a: {type: string}, b: {type: string, default: B}}}"));
        Assert.Equal("""{"b":"B"}""", (await crds.GetAsync(Items + "/x")).Body["spec"]!.ToJsonString());
        Assert.Equal("""{"a":"A","b":"B"}""", (await crds.GetAsync(Items + "/y")).Body["spec"]!.ToJsonString());
        Assert.Equal(2, (await crds.GetAsync(Items)).Body["items"]!.AsArray().Count);
    }

    [Fact]
    public async Task Status_and_scale_are_apart_from_the_rest()
    {
        await crds.DefineAsync(Crds.Widgets(more: "subresources: {status: {}, scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas, labelSelectorPath: .status.selector}}"));
        var (_, made, _) = await crds.SendAsync("POST", Items, """{"metadata":{"name":"a"},"spec":{"replicas":2},"status":{"replicas":9}}""");
        Assert.Null(made["status"]);
        var (code, changed, _) = await crds.SendAsync("PATCH", Items + "/a/status", """{"metadata":{"labels":{"a":"b"}},"spec":{"replicas":7},"status":{"replicas":1,"selector":"x=y"}}""", "application/merge-patch+json");
        Assert.Equal(200, code);
        Assert.Equal(2, changed["spec"]!["replicas"]!.GetValue<int>());
        Assert.Null(changed["metadata"]!["labels"]);
        Assert.Equal(1, changed["metadata"]!["generation"]!.GetValue<int>());
        var (_, scale, _) = await crds.GetAsync(Items + "/a/scale");
        Assert.Equal("""{"replicas":2}""", scale["spec"]!.ToJsonString());
        Assert.Equal("""{"replicas":1,"selector":"x=y"}""", scale["status"]!.ToJsonString());
        (code, scale, _) = await crds.SendAsync("PATCH", Items + "/a/scale", """{"spec":{"replicas":5}}""", "application/merge-patch+json");
        Assert.Equal((200, 5), (code, scale["spec"]!["replicas"]!.GetValue<int>()));
        var (_, after, _) = await crds.GetAsync(Items + "/a");
        Assert.Equal(2, after["metadata"]!["generation"]!.GetValue<int>());
    }

    [Fact]
    public async Task Tables_show_the_definitions_columns_and_selectors_its_fields()
    {
        await crds.DefineAsync(Crds.Widgets(
            "{type: object, properties: {color: {type: string}, size: {type: integer}}}",
            "additionalPrinterColumns: [{name: Color, type: string, jsonPath: .spec.color}, {name: Size, type: integer, jsonPath: .spec.size, priority: 1}, {name: Age, type: date, jsonPath: .metadata.creationTimestamp}]\n"
            + "    selectableFields: [{jsonPath: .spec.color}]"));
        await crds.SendAsync("POST", Items, """{"metadata":{"name":"a"},"spec":{"color":"red","size":3}}""");
        await crds.SendAsync("POST", Items, """{"metadata":{"name":"b"},"spec":{"color":"blue"}}""");
        var (_, table, _) = await crds.GetAsync(Items, "application/json;as=Table;v=v1;g=meta.k8s.io");
        Assert.Equal(["Name", "Color", "Size", "Age"], table["columnDefinitions"]!.AsArray().Select(c => c!["name"]!.GetValue<string>()));
        Assert.Equal("[\"a\",\"red\",3,", table["rows"]![0]!["cells"]!.ToJsonString()[..13]);
        Assert.Equal("[\"b\",\"blue\",null,", table["rows"]![1]!["cells"]!.ToJsonString()[..17]);
        var (_, red, _) = await crds.GetAsync(Items + "?fieldSelector=spec.color%3Dred");
        Assert.Equal("a", Assert.Single(red["items"]!.AsArray())!["metadata"]!["name"]!.GetValue<string>());
        var (code, refused, _) = await crds.GetAsync(Items + "?fieldSelector=spec.size%3D3");
        Assert.Equal(400, code);
        Assert.Contains("field label not supported: spec.size", refused["message"]!.GetValue<string>());
        var (_, partial, _) = await crds.GetAsync(Items, "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io");
        Assert.Equal("PartialObjectMetadataList", partial["kind"]!.GetValue<string>());
        (code, _, _) = await crds.GetAsync(Items, "application/vnd.kubernetes.protobuf");
        Assert.Equal(406, code);
    }

    [Fact]
    public async Task Deleting_a_definition_deletes_its_objects_and_waits_for_their_finalizers()
    {
        await crds.DefineAsync(Crds.Widgets());
        await crds.SendAsync("POST", Items, """{"metadata":{"name":"free"}}""");
        await crds.SendAsync("POST", Items, """{"metadata":{"name":"held","finalizers":["example.com/hold"]}}""");
        await server.Client.DeleteAsync(ResourceInfo.Of<CustomResourceDefinition>(), null, "widgets.example.com");
        await UntilAsync(async () => (await crds.GetAsync(Items)).Body["items"] is JsonArray { Count: 1 });
        var (code, refused, _) = await crds.SendAsync("POST", Items, """{"metadata":{"name":"late"}}""");
        Assert.Equal(405, code);
        Assert.Equal("create not allowed while custom resource definition is terminating", refused["message"]!.GetValue<string>());
        (code, _, _) = await crds.SendAsync("PATCH", Items + "/held", """{"metadata":{"finalizers":null}}""", "application/merge-patch+json");
        Assert.Equal(200, code);
        await UntilAsync(async () => (await crds.GetAsync("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com")).Code == 404);
        Assert.Equal(404, (await crds.GetAsync(Items)).Code);
        Assert.Equal(404, (await crds.GetAsync("/apis/example.com/v1")).Code);
    }

    [Fact]
    public async Task Applied_lists_are_owned_as_the_schema_says_and_undeclared_fields_refused()
    {
        await crds.DefineAsync(Crds.Widgets("{type: object, properties: {ports: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [id], items: {type: object, required: [id], properties: {id: {type: integer}, p: {type: string}}}}, plain: {type: array, items: {type: string}}}}"));
        const string Apply = "application/apply-patch+yaml";
        var (code, made, _) = await crds.SendAsync("PATCH", Items + "/a?fieldManager=one", "{apiVersion: example.com/v1, kind: Widget, metadata: {name: a}, spec: {ports: [{id: 1, p: x}], plain: [a]}}", Apply);
        Assert.True(code == 201, made.ToJsonString());
        (code, var both, _) = await crds.SendAsync("PATCH", Items + "/a?fieldManager=two", "{apiVersion: example.com/v1, kind: Widget, metadata: {name: a}, spec: {ports: [{id: 2, p: z}]}}", Apply);
        Assert.True(code == 200, both.ToJsonString());
        Assert.Equal(2, both["spec"]!["ports"]!.AsArray().Count);
        (code, var conflict, _) = await crds.SendAsync("PATCH", Items + "/a?fieldManager=two", "{apiVersion: example.com/v1, kind: Widget, metadata: {name: a}, spec: {plain: [b]}}", Apply);
        Assert.Equal(409, code);
        Assert.Equal(".spec.plain", conflict["details"]!["causes"]![0]!["field"]!.GetValue<string>());
        (code, var refused, _) = await crds.SendAsync("PATCH", Items + "/a?fieldManager=two&fieldValidation=Strict", "{apiVersion: example.com/v1, kind: Widget, metadata: {name: a, unknownMeta: 1}, spec: {}}", Apply);
        Assert.Equal(500, code);
        Assert.Contains(".metadata.unknownMeta: field not declared in schema", refused["message"]!.GetValue<string>());
        (code, refused, _) = await crds.SendAsync("PATCH", Items + "/a?fieldManager=two&fieldValidation=Strict", "\napiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: a\nspec:\n  foo: 1\n  foo: 2\n", Apply);
        Assert.Contains("line 8: key \"foo\" already set in map", refused["message"]!.GetValue<string>());
        (code, _, _) = await crds.SendAsync("PATCH", Items + "/a", "{}", "application/strategic-merge-patch+json");
        Assert.Equal(415, code);
    }

    [Fact]
    public async Task Versions_without_conversion_show_the_same_object()
    {
        const string Definition = """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: gadgets.example.com}
            spec:
              group: example.com
              scope: Cluster
              names: {plural: gadgets, kind: Gadget}
              versions:
              - {name: v1beta1, served: true, storage: STORE1, deprecated: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
              - {name: v1, served: true, storage: STORE2, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
            """;
        await crds.DefineAsync(Definition.Replace("STORE1", "true").Replace("STORE2", "false"));
        var (_, made, warnings) = await crds.SendAsync("POST", "/apis/example.com/v1beta1/gadgets", """{"metadata":{"name":"a"},"spec":{"x":1}}""");
        Assert.Equal("example.com/v1beta1", made["apiVersion"]!.GetValue<string>());
        Assert.Contains("example.com/v1beta1 Gadget is deprecated; use example.com/v1 Gadget", warnings);
        Assert.Equal("example.com/v1", (await crds.GetAsync("/apis/example.com/v1/gadgets/a")).Body["apiVersion"]!.GetValue<string>());
        await crds.DefineAsync(Definition.Replace("STORE1", "false").Replace("STORE2", "true"));
        var (_, list, _) = await crds.GetAsync("/apis/example.com/v1beta1/gadgets");
        Assert.Equal("example.com/v1beta1", list["items"]![0]!["apiVersion"]!.GetValue<string>());
        var (_, definition, _) = await crds.GetAsync("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.example.com");
        Assert.Equal("[\"v1beta1\",\"v1\"]", definition["status"]!["storedVersions"]!.ToJsonString());
    }

    [Fact]
    public async Task The_in_process_client_writes_what_the_schema_allows_and_watches()
    {
        await crds.DefineAsync(Crds.Widgets("{type: object, properties: {a: {type: string, default: A}}}"));
        ResourceInfo? info = null;
        info = new ResourceInfo { Group = "example.com", Version = "v1", Kind = "Widget", Plural = "widgets", Namespaced = true, Create = () => new DynamicObject(info!), SchemaSource = () => throw new InvalidOperationException() };
        var widget = new DynamicObject(info) { Metadata = { Name = "a", Namespace = "default" }, Content = { ["spec"] = new JsonObject { ["b"] = 1 } } };
        var made = (DynamicObject)await server.Client.CreateAsync(info, widget);
        Assert.Equal("""{"a":"A"}""", made.Content["spec"]!.ToJsonString());
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await foreach (var change in server.Client.WatchAsync(info, "default", new WatchOptions(), patience.Token))
        {
            Assert.Equal("a", change.Object.Metadata.Name);
            break;
        }
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
