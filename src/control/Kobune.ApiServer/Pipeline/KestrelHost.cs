using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Kobune.Client.Http;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Kobune.ApiServer.Pipeline;

/// <summary>
/// The bare Kestrel server: TLS, HTTP/1.1 and HTTP/2, one delegate. No generic host, dependency injection, routing or
/// middleware, because each of them costs start-up time and memory and does nothing that we need.
/// </summary>
internal sealed class KestrelHost : IAsyncDisposable
{
    private readonly KestrelServer server;
    private readonly RequestDelegate handler;

    public KestrelHost(ApiServerOptions options, RequestDelegate handler, ILoggerFactory loggers)
    {
        this.handler = handler;
        var kestrel = new KestrelServerOptions { ApplicationServices = new LoggerOnlyServices(loggers), AddServerHeader = false, AllowSynchronousIO = false };
        kestrel.Limits.MaxRequestBodySize = options.MaxRequestBytes;
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(3);
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(30);
        kestrel.Limits.MinRequestBodyDataRate = null;
        // A watch may be silent for long, and a follower of logs may read slowly; the event log cuts off slow watchers.
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
        kestrel.Limits.Http2.InitialConnectionWindowSize = 1 << 20;
        kestrel.Limits.Http2.InitialStreamWindowSize = 256 << 10;
        var tls = Tls(options);
        foreach (var endpoint in options.Listen)
        {
            kestrel.Listen(endpoint, listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(tls), HandshakeTimeout = TimeSpan.FromSeconds(10) });
            });
        }

        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions { Backlog = 1024 }), loggers);
        server = new KestrelServer(Options.Create(kestrel), transport, loggers);
    }

    /// <summary>The addresses bound, with the ports that were chosen for port 0.</summary>
    public IReadOnlyList<string> Addresses => [.. server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses];

    public Task StartAsync(CancellationToken cancellationToken) => server.StartAsync(new Application(handler), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await server.StopAsync(deadline.Token).ConfigureAwait(false);
        server.Dispose();
    }

    private static SslServerAuthenticationOptions Tls(ApiServerOptions options) => new()
    {
        ServerCertificateContext = CertificateContexts.Create(options.ServingCertificate, options.ServingChain),
        ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        // Asked for, never demanded: the client-certificate authenticator checks it against the client CA.
        ClientCertificateRequired = true,
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = CertificateContexts.UncheckedChain(),
        AllowTlsResume = true,
        AllowRenegotiation = false,
    };

    private sealed class Application(RequestDelegate handler) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);
        public Task ProcessRequestAsync(HttpContext context) => handler(context);
        public void DisposeContext(HttpContext context, Exception? exception) { }
    }

    /// <summary>The two services that Kestrel's TLS middleware insists on. Its metrics type is internal, hence made by its type.</summary>
    private sealed class LoggerOnlyServices(ILoggerFactory loggers) : IServiceProvider, IMeterFactory
    {
        public object? GetService(Type serviceType) =>
            serviceType == typeof(ILoggerFactory) ? loggers
            : serviceType.Name == "KestrelMetrics" ? Activator.CreateInstance(serviceType, this)
            : null;

        public Meter Create(MeterOptions options) => new(options);

        public void Dispose()
        {
        }
    }
}
