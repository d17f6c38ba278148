using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Kobune.ApiServer.Certificates;
using Kobune.ApiServer.Pipeline;
using Kobune.Runtime.Certificates;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Encoding = System.Text.Encoding;

namespace Kobune.ApiServer.Tests.CustomResources;

/// <summary>A server over TLS that answers what a test says, for webhooks of all sorts.</summary>
internal sealed class FakeWebhook : IAsyncDisposable
{
    private readonly KestrelHost host;

    private FakeWebhook(KestrelHost host, string authority)
    {
        this.host = host;
        Authority = authority;
    }

    /// <summary>The CA, in PEM and base64, as caBundle wants it.</summary>
    public string Authority { get; }

    public string Url => host.Addresses[0].Replace("127.0.0.1", "localhost");

    /// <summary>The requests so far.</summary>
    public ConcurrentQueue<(string Path, JsonNode Body)> Requests { get; } = [];

    /// <param name="answer">From path and body to the answer's JSON.</param>
    public static async Task<FakeWebhook> StartAsync(Func<string, JsonNode, JsonNode> answer)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var issuer = new CertificateAuthority(CertificateAuthority.Create("webhook-ca", now));
        var serving = issuer.Issue(new("webhook", CertificateUses.Server) { DnsNames = ["localhost", "hook.default.svc"], Addresses = [IPAddress.Loopback] }, now, TimeSpan.FromDays(1));
        FakeWebhook? self = null;
        var options = new ApiServerOptions { Listen = [new IPEndPoint(IPAddress.Loopback, 0)], ServingCertificate = serving };
        var host = new KestrelHost(options, http => HandleAsync(http, self!, answer), NullLoggerFactory.Instance);
        self = new FakeWebhook(host, Convert.ToBase64String(Encoding.ASCII.GetBytes(issuer.Certificate.ExportCertificatePem())));
        await host.StartAsync(CancellationToken.None);
        return self;
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    private static async Task HandleAsync(HttpContext http, FakeWebhook self, Func<string, JsonNode, JsonNode> answer)
    {
        using var reader = new StreamReader(http.Request.Body);
        var text = await reader.ReadToEndAsync();
        var body = text.Length == 0 ? new JsonObject() : JsonNode.Parse(text)!;
        self.Requests.Enqueue((http.Request.Path.Value!, body));
        var bytes = Encoding.UTF8.GetBytes(answer(http.Request.Path.Value!, body).ToJsonString());
        http.Response.ContentType = "application/json";
        await http.Response.Body.WriteAsync(bytes);
    }

    /// <summary>An AdmissionReview that allows, with a JSON patch if there is one, or denies with a message.</summary>
    public static JsonNode Review(JsonNode request, string? patch = null, string? denial = null)
    {
        var response = new JsonObject { ["uid"] = request["request"]!["uid"]!.DeepClone(), ["allowed"] = denial is null };
        if (patch is not null)
        {
            response["patchType"] = "JSONPatch";
            response["patch"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(patch));
        }

        if (denial is not null)
        {
            response["status"] = new JsonObject { ["message"] = denial };
        }

        return new JsonObject { ["apiVersion"] = "admission.k8s.io/v1", ["kind"] = "AdmissionReview", ["response"] = response };
    }
}
