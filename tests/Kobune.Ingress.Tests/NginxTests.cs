using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Kobune.Api.Core.V1;
using Kobune.Api.Discovery.V1;
using Kobune.Api.Networking.V1;
using Kobune.Client;
using Kobune.Ingress.Nginx;
using Kobune.Runtime;
using Kobune.Runtime.Certificates;
using Kobune.Testing.ApiServers;
using Kobune.Testing.Controllers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Endpoint = Kobune.Api.Discovery.V1.Endpoint;
using EndpointPort = Kobune.Api.Discovery.V1.EndpointPort;
using IPAddress = System.Net.IPAddress;

namespace Kobune.Ingress.Tests;

/// <summary>The controller with a real API server and a real nginx, and servers of the test's own behind it.</summary>
public sealed class NginxTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _stop = new();
    private readonly string _root = Directory.CreateTempSubdirectory("kobune-ingress-").FullName;
    private readonly List<WebApplication> _backends = [];
    private TestApiServer _api = null!;
    private IngressOptions _options = null!;
    private Task _running = Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(File.Exists("/usr/sbin/nginx"), "nginx is not installed (test.sh installs it)");
        Assert.SkipWhen(Machine is null, "this machine has no address but loopback");
        _api = await TestApiServer.StartAsync();
        // The workers of nginx run as another user.
        File.SetUnixFileMode(_root, (UnixFileMode)Convert.ToInt32("755", 8));
        _options = new IngressOptions(_root, "10.89.0.2") { HttpPort = FreePort(), HttpsPort = FreePort(), User = Environment.UserName, Workers = 1 };
        var informers = new InformerFactory(_api.Client, TimeProvider.System, NullLoggerFactory.Instance);
        var controller = new IngressController(_options, _api.Client, informers, TimeProvider.System, NullLoggerFactory.Instance);
        informers.Start(_stop.Token);
        _running = controller.RunAsync(_stop.Token);
        await controller.Serving.WaitAsync(TimeSpan.FromSeconds(60));
        await _api.Client.CreateAsync(new IngressClass { Metadata = { Name = "nginx" }, Spec = { Controller = OwnIngresses.Controller } });
        await _api.Client.CreateAsync(new IngressClass { Metadata = { Name = "other" }, Spec = { Controller = "example.com/other" } });
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var backend in _backends)
        {
            await backend.DisposeAsync();
        }
        if (_api is not null)
        {
            Assert.Null(new NginxProcess(_options, TimeProvider.System).RunningPid());
            await _api.DisposeAsync();
        }
        Directory.Delete(_root, recursive: true);
        _stop.Dispose();
    }

    [Fact]
    public async Task Paths_lead_to_their_services_and_endpoints_are_followed()
    {
        await BackendAsync("one", c => c.Response.WriteAsync($"one {c.Request.Path} {c.Request.Headers["X-Forwarded-Proto"]}"));
        await BackendAsync("two", c => c.Response.WriteAsync($"two {c.Request.Path}"));
        await IngressAsync("demo", "demo.local", ("/app1", "one"), ("/app2", "two"));
        await IngressAsync("foreign", "foreign.local", "other", [], ("/", "one"));

        Assert.Equal("one /app1/x http", await UntilAsync("demo.local", "/app1/x", a => a.StartsWith("one", StringComparison.Ordinal)));
        Assert.Equal("two /app2", await UntilAsync("demo.local", "/app2", a => a.StartsWith("two", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("demo.local", "/app11")).Code);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("foreign.local", "/")).Code);
        await _api.Client.WaitAsync<Api.Networking.V1.Ingress>("default", i => i.Name == "demo" && i.Status.LoadBalancer.Ingress is [{ Ip: "10.89.0.2" }]);
        await _api.Client.WaitAsync<Event>("default", e => e.Reason == "Sync" && e.InvolvedObject.Name == "demo");

        await _api.Client.DeleteAsync<EndpointSlice>("default", "two");
        await UntilAsync("demo.local", "/app2", a => a.Contains("503", StringComparison.Ordinal));
        await _api.Client.DeleteAsync<Api.Networking.V1.Ingress>("default", "demo");
        await UntilAsync("demo.local", "/app1", a => a.Contains("404", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Rewrites_limits_and_canaries_do_what_the_annotations_say()
    {
        await BackendAsync("one", async c =>
        {
            var length = 0L;
            var buffer = new byte[65536];
            for (int read; (read = await c.Request.Body.ReadAsync(buffer)) > 0; length += read)
            {
            }
            await c.Response.WriteAsync($"one {c.Request.Path}{c.Request.QueryString} {length}");
        });
        await BackendAsync("two", c => c.Response.WriteAsync("two"));
        await IngressAsync("re", "re.local", "nginx", new() { ["use-regex"] = "true", ["rewrite-target"] = "/$2", ["proxy-body-size"] = "20m" }, ("/api(/|$)(.*)", "one"));
        await IngressAsync("small", "small.local", "nginx", [], ("/", "one"));
        await IngressAsync("main", "canary.local", "nginx", [], ("/", "one"));
        await IngressAsync("canary", "canary.local", "nginx", new() { ["canary"] = "true", ["canary-by-header"] = "X-Canary", ["canary-weight"] = "0" }, ("/", "two"));

        Assert.Equal("one /x/y?q=1 0", await UntilAsync("re.local", "/api/x/y?q=1", a => a.StartsWith("one", StringComparison.Ordinal)));
        var large = new byte[8 << 20];
        Assert.Equal("one / 8388608", (await SendAsync("re.local", "/api", c => (c.Method, c.Content) = (HttpMethod.Post, new ByteArrayContent(large)))).Text);
        await UntilAsync("small.local", "/", a => a.StartsWith("one", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await SendAsync("small.local", "/", c => (c.Method, c.Content) = (HttpMethod.Post, new ByteArrayContent(large)))).Code);

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await SendAsync("canary.local", "/", c => c.Headers.Add("X-Canary", "always"))).Text != "two")
        {
            patience.Token.ThrowIfCancellationRequested();
        }
        await UntilSettledAsync();
        Assert.StartsWith("one", (await GetAsync("canary.local", "/")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certificates_follow_their_secrets()
    {
        await BackendAsync("one", c => c.Response.WriteAsync($"one {c.Request.Headers["X-Forwarded-Proto"]}"));
        await _api.Client.CreateAsync(Secret("first"));
        var ingress = New("tls", "tls.local", "nginx", [], ("/", "one"));
        ingress.Spec.Tls = [new IngressTLS { Hosts = ["tls.local"], SecretName = "tls" }];
        await _api.Client.CreateAsync(ingress);

        await UntilCertificateAsync("tls.local", "CN=first");
        await UntilSettledAsync();
        Assert.Equal(HttpStatusCode.PermanentRedirect, (await GetAsync("tls.local", "/")).Code);
        Assert.Equal("CN=Kubernetes Ingress Controller Fake Certificate", await CertificateOfAsync("nobody.local"));

        await _api.Client.UpdateAsync(Secret("second"));
        await UntilCertificateAsync("tls.local", "CN=second");
    }

    [Fact]
    public async Task Reloads_drop_no_request_and_a_dead_nginx_comes_back()
    {
        await BackendAsync("one", c => c.Response.WriteAsync("one"));
        await IngressAsync("demo", "demo.local", ("/", "one"));
        await UntilAsync("demo.local", "/", a => a == "one");

        using var client = new HttpClient();
        var load = Enumerable.Range(0, 4).Select(async _ =>
        {
            for (var i = 0; i < 100; i++)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{_options.HttpPort}/") { Headers = { Host = "demo.local" } };
                using var answer = await client.SendAsync(request);
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            }
        }).ToList();
        for (var i = 0; i < 5; i++)
        {
            await IngressAsync($"more{i}", $"more{i}.local", ("/", "one"));
            await UntilAsync($"more{i}.local", "/", a => a == "one");
        }
        await Task.WhenAll(load);

        var nginx = new NginxProcess(_options, TimeProvider.System);
        await nginx.StopAsync();
        await UntilAsync("demo.local", "/", a => a == "one");
    }

    private async Task BackendAsync(string name, RequestDelegate handler)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k =>
        {
            k.Limits.MaxRequestBodySize = null;
            k.Listen(Machine!, 0);
        });
        var backend = builder.Build();
        backend.Run(handler);
        await backend.StartAsync();
        _backends.Add(backend);
        var port = new Uri(backend.Urls.First()).Port;
        await _api.Client.CreateAsync(new Service { Metadata = { Name = name, Namespace = "default" }, Spec = { Ports = [new ServicePort { Name = "http", Port = 80 }] } });
        var slice = new EndpointSlice { Metadata = { Name = name, Namespace = "default" }, AddressType = "IPv4" };
        slice.Metadata.Labels["kubernetes.io/service-name"] = name;
        slice.Endpoints = [new Endpoint { Addresses = [Machine!.ToString()] }];
        slice.Ports = [new EndpointPort { Name = "http", Port = port, Protocol = "TCP" }];
        await _api.Client.CreateAsync(slice);
    }

    private Task IngressAsync(string name, string host, params (string Path, string Service)[] paths) => IngressAsync(name, host, "nginx", [], paths);

    private Task IngressAsync(string name, string host, string className, Dictionary<string, string> annotations, params (string Path, string Service)[] paths) =>
        _api.Client.CreateAsync(New(name, host, className, annotations, paths));

    private static Api.Networking.V1.Ingress New(string name, string host, string className, Dictionary<string, string> annotations, params (string Path, string Service)[] paths)
    {
        var regex = annotations.ContainsKey("use-regex");
        var ingress = new Api.Networking.V1.Ingress
        {
            Metadata = { Name = name, Namespace = "default" },
            Spec =
            {
                IngressClassName = className,
                Rules =
                [
                    new IngressRule
                    {
                        Host = host,
                        Http = new HTTPIngressRuleValue
                        {
                            Paths = [.. paths.Select(p => new HTTPIngressPath
                            {
                                Path = p.Path,
                                PathType = regex ? "ImplementationSpecific" : "Prefix",
                                Backend = { Service = new IngressServiceBackend { Name = p.Service, Port = { Number = 80 } } },
                            })],
                        },
                    },
                ],
            },
        };
        foreach (var (key, value) in annotations)
        {
            ingress.Metadata.Annotations["nginx.ingress.kubernetes.io/" + key] = value;
        }
        return ingress;
    }

    private static Secret Secret(string commonName)
    {
        using var pair = CertificateAuthority.Create(commonName, TimeProvider.System.GetUtcNow());
        using var key = pair.GetECDsaPrivateKey()!;
        return new Secret
        {
            Metadata = { Name = "tls", Namespace = "default" },
            Type = "kubernetes.io/tls",
            Data = { ["tls.crt"] = Encoding.UTF8.GetBytes(pair.ExportCertificatePem()), ["tls.key"] = Encoding.UTF8.GetBytes(key.ExportPkcs8PrivateKeyPem()) },
        };
    }

    private async Task<string> UntilAsync(string host, string path, Func<string, bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var text = "";
            try
            {
                text = (await GetAsync(host, path)).Text;
            }
            catch (HttpRequestException)
            {
                // nginx is being started.
            }
            if (condition(text))
            {
                await UntilSettledAsync();
                return text;
            }
            Assert.False(patience.IsCancellationRequested, $"http://{host}{path} answers: {text}\n{File.ReadAllText(Path.Combine(_root, "nginx.conf"))}");
        }
    }

    // While nginx reloads, workers of both configurations answer; when only one is left, only the newest does.
    private async Task UntilSettledAsync()
    {
        var master = new NginxProcess(_options, TimeProvider.System).RunningPid();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (File.ReadAllText($"/proc/{master}/task/{master}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Length != _options.Workers)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private Task<(HttpStatusCode Code, string Text)> GetAsync(string host, string path) => SendAsync(host, path, _ => { });

    private async Task<(HttpStatusCode Code, string Text)> SendAsync(string host, string path, Action<HttpRequestMessage> change)
    {
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{_options.HttpPort}{path}") { Headers = { Host = host } };
        change(request);
        using var answer = await client.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private async Task UntilCertificateAsync(string host, string subject)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await CertificateOfAsync(host) != subject)
        {
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    private async Task<string> CertificateOfAsync(string host)
    {
        var subject = "";
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _options.HttpsPort);
        await using var tls = new System.Net.Security.SslStream(client.GetStream(), false, (_, certificate, _, _) =>
        {
            subject = certificate!.Subject;
            return true;
        });
        await tls.AuthenticateAsClientAsync(host);
        return subject;
    }

    // An endpoint's address may not be a loopback one: the machine's own will do.
    private static IPAddress? Machine { get; } = NetworkInterface.GetAllNetworkInterfaces()
        .Where(i => i.OperationalStatus == OperationalStatus.Up)
        .SelectMany(i => i.GetIPProperties().UnicastAddresses)
        .Select(a => a.Address)
        .FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(a));

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
