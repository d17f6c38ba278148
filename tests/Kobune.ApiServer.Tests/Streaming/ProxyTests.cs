using System.Net;
using System.Net.Sockets;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Tests.Https;
using Kobune.Client;
using Kobune.Testing.ApiServers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Kobune.ApiServer.Tests.Streaming;

/// <summary>Proxying to a Pod and through a Service to a web server that runs here.</summary>
public sealed class ProxyTests : IAsyncLifetime
{
    private TestApiServer server = null!;
    private RawClient http = null!;
    private WebApplication app = null!;
    private int port;

    public async ValueTask InitializeAsync()
    {
        // Loopback is refused as a target, rightly; any other own address does.
        var own = Dns.GetHostAddresses(Dns.GetHostName()).FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(a));
        Assert.SkipWhen(own is null, "this machine has no address but loopback");
        server = await TestApiServer.StartAsync();
        http = new RawClient(server);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(own!, 0));
        app = builder.Build();
        app.Run(AnswerAsync);
        await app.StartAsync();
        port = new Uri(app.Urls.First()).Port;
        await MakeAsync(own!.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        http?.Dispose();
        if (app is not null)
        {
            await app.DisposeAsync();
        }

        if (server is not null)
        {
            await server.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    [InlineData("HEAD")]
    public async Task Every_method_goes_through(string method)
    {
        foreach (var path in new[] { $"pods/web:{port}", $"pods/http:web:{port}", "services/web:http", "services/http:web:80", "services/web" })
        {
            var answer = await http.SendAsync(method, $"/api/v1/namespaces/default/{path}/proxy/some/path?with=query");
            Assert.Equal((200, method), (answer.Code, answer.Header("X-Method")));
            Assert.Equal("/some/path?with=query", answer.Header("X-Path"));
            Assert.Equal("", answer.Header("X-Authorization"));
        }
    }

    [Fact]
    public async Task Bodies_codes_and_headers_come_back()
    {
        var echoed = await http.SendAsync("POST", "/api/v1/namespaces/default/services/web/proxy/echo", "hello", "text/plain");
        Assert.Equal("hello", echoed.Text);
        Assert.Equal(418, (await http.GetAsync("/api/v1/namespaces/default/services/web/proxy/teapot")).Code);
    }

    [Fact]
    public async Task Links_of_pages_and_redirects_stay_below_the_proxy()
    {
        var page = await http.GetAsync($"/api/v1/namespaces/default/pods/web:{port}/proxy/page");
        Assert.Contains($"href=\"/api/v1/namespaces/default/pods/web:{port}/proxy/other\"", page.Text);
        Assert.Contains("href=\"https://elsewhere.example/x\"", page.Text);
        using var plain = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } }) { BaseAddress = new Uri(server.Url) };
        plain.DefaultRequestHeaders.Authorization = new("Bearer", TestApiServer.AdminToken);
        using var redirect = await plain.GetAsync($"/api/v1/namespaces/default/pods/web:{port}/proxy/redirect");
        Assert.Equal(HttpStatusCode.Found, redirect.StatusCode);
        Assert.Equal($"/api/v1/namespaces/default/pods/web:{port}/proxy/target", redirect.Headers.Location!.OriginalString);
        using var bare = await plain.GetAsync($"/api/v1/namespaces/default/pods/web:{port}/proxy");
        Assert.Equal(HttpStatusCode.MovedPermanently, bare.StatusCode);
        Assert.Equal($"/api/v1/namespaces/default/pods/web:{port}/proxy/", bare.Headers.Location!.OriginalString);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("::1")]
    public async Task Local_targets_are_refused(string address)
    {
        await PodAsync("local", address);
        Assert.Equal(403, (await http.GetAsync("/api/v1/namespaces/default/pods/local/proxy/")).Code);
    }

    private async Task MakeAsync(string address)
    {
        await PodAsync("web", address);
        await server.Client.CreateAsync(new Service { Metadata = new() { Name = "web", Namespace = "default" }, Spec = new() { Ports = [new ServicePort { Name = "http", Port = 80, TargetPort = port }] } });
        await server.Client.CreateAsync(new Kobune.Api.Discovery.V1.EndpointSlice
        {
            Metadata = new() { Name = "web-1", Namespace = "default", Labels = { ["kubernetes.io/service-name"] = "web" } },
            AddressType = "IPv4",
            Endpoints = [new Kobune.Api.Discovery.V1.Endpoint { Addresses = [address], Conditions = new() { Ready = true } }],
            Ports = [new Kobune.Api.Discovery.V1.EndpointPort { Name = "http", Port = port, Protocol = "TCP" }],
        });
    }

    private async Task PodAsync(string name, string address)
    {
        var pod = await server.Client.CreateAsync(new Pod { Metadata = new() { Name = name, Namespace = "default" }, Spec = new() { Containers = [new() { Name = "c", Image = "i" }] } });
        pod = pod.Clone();
        pod.Status.PodIP = address;
        pod.Status.PodIPs = [new PodIP { Ip = address }];
        await server.Client.UpdateStatusAsync(pod);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        context.Response.Headers["X-Method"] = context.Request.Method;
        context.Response.Headers["X-Path"] = context.Request.Path + context.Request.QueryString;
        context.Response.Headers["X-Authorization"] = context.Request.Headers.Authorization;
        switch (context.Request.Path.Value)
        {
            case "/echo":
                await context.Request.Body.CopyToAsync(context.Response.Body);
                break;
            case "/teapot":
                context.Response.StatusCode = 418;
                break;
            case "/redirect":
                context.Response.Redirect("/target");
                break;
            case "/page":
                context.Response.ContentType = "text/html";
                await context.Response.WriteAsync("<html><a href=\"/other\">o</a><a href=\"https://elsewhere.example/x\">e</a></html>");
                break;
        }
    }
}
