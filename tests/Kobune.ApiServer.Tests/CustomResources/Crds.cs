using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Api.ApiExtensions.V1;
using Kobune.Client;
using Kobune.Testing.ApiServers;

namespace Kobune.ApiServer.Tests.CustomResources;

/// <summary>Definitions for tests, and a client that speaks plain JSON to a server's socket.</summary>
internal sealed class Crds : IDisposable
{
    private readonly TestApiServer server;

    public Crds(TestApiServer server)
    {
        this.server = server;
        Http = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } }) { BaseAddress = new Uri(server.Url) };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", TestApiServer.AdminToken);
    }

    public HttpClient Http { get; }

    /// <summary>A definition of widgets.example.com with the given schema of spec (YAML) and more lines for the version.</summary>
    public static string Widgets(string spec = "{type: object, x-kubernetes-preserve-unknown-fields: true}", string more = "", string scope = "Namespaced") => $$"""
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: widgets.example.com}
        spec:
          group: example.com
          scope: {{scope}}
          names: {plural: widgets, kind: Widget, shortNames: [wd], categories: [all]}
          versions:
          - name: v1
            served: true
            storage: true
            schema:
              openAPIV3Schema:
                type: object
                properties:
                  spec: {{spec}}
                  status: {type: object, x-kubernetes-preserve-unknown-fields: true}
            {{more}}
        """;

    /// <summary>Creates or replaces a definition and waits until it is served.</summary>
    public async Task DefineAsync(string yaml)
    {
        var definition = (CustomResourceDefinition)KubeJson.Read(ResourceInfo.Of<CustomResourceDefinition>(), KubeYaml.ToJsonOne(yaml));
        try
        {
            await server.Client.CreateAsync(definition);
        }
        catch (KubeStatusException e) when (e.IsAlreadyExists)
        {
            var present = await server.Client.GetAsync<CustomResourceDefinition>(null, definition.Metadata.Name);
            definition.Metadata.ResourceVersion = present.Metadata.ResourceVersion;
            await server.Client.UpdateAsync(definition);
        }

        await EstablishedAsync(definition.Metadata.Name);
    }

    public async Task EstablishedAsync(string name)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await foreach (var change in server.Client.WatchAsync(ResourceInfo.Of<CustomResourceDefinition>(), null, new WatchOptions { FieldSelector = "metadata.name=" + name }, patience.Token))
        {
            if (((CustomResourceDefinition)change.Object).Status.Conditions.Exists(c => c is { Type: "Established", Status: "True" }))
            {
                return;
            }
        }
    }

    public Task<(int Code, JsonNode Body, string Warnings)> GetAsync(string path, string accept = "application/json") => SendAsync("GET", path, null, accept: accept);

    /// <summary>Sends YAML or JSON (content type by method and text) and reads the JSON answer.</summary>
    public async Task<(int Code, JsonNode Body, string Warnings)> SendAsync(string method, string path, string? body, string? type = null, string accept = "application/json")
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type ?? (body.TrimStart().StartsWith('{') ? "application/json" : "application/yaml"));
        }

        using var answer = await Http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        answer.Headers.TryGetValues("Warning", out var warnings);
        return ((int)answer.StatusCode, text.StartsWith('{') ? JsonNode.Parse(text)! : JsonValue.Create(text)!, string.Join("; ", warnings ?? []));
    }

    public void Dispose() => Http.Dispose();
}
