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

namespace Kobune.Kubelet.Server;

/// <summary>The kubelet's HTTPS endpoint on bare Kestrel: TLS, authentication and authorization, then the routes.</summary>
internal sealed partial class KubeletServer : IAsyncDisposable
{
    private readonly KestrelServer _kestrel;

    private KubeletServer(KestrelServer kestrel) => _kestrel = kestrel;

    public int Port => new Uri(_kestrel.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First()).Port;

    public static async Task<KubeletServer> StartAsync(
        KubeletServerOptions options, IKubeletAuthorizer authorizer, RequestDelegate routes, ILoggerFactory loggers, CancellationToken cancellation)
    {
        var kestrel = new KestrelServerOptions { AddServerHeader = false, ApplicationServices = new Services(loggers) };
        kestrel.Limits.MaxRequestBodySize = 1 << 20;
        kestrel.Limits.MinRequestBodyDataRate = null;
        // Followers of logs and terminals may be silent or slow for long.
        kestrel.Limits.MinResponseDataRate = null;
        var shown = options.Certificate;
        var tls = Tls(shown);
        kestrel.Listen(new IPEndPoint(options.Address, options.Port), listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(Current()), HandshakeTimeout = TimeSpan.FromSeconds(10) });
        });
        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), loggers);
        var server = new KestrelServer(Options.Create(kestrel), transport, loggers);
        await server.StartAsync(new Application(authorizer, routes, loggers.CreateLogger<KubeletServer>()), cancellation);
        return new KubeletServer(server);

        // The options are kept while the certificate is the same: TLS sessions are resumed by them.
        SslServerAuthenticationOptions Current()
        {
            var certificate = options.CurrentCertificate?.Invoke() ?? options.Certificate;
            if (!ReferenceEquals(shown, certificate))
            {
                (shown, tls) = (certificate, Tls(certificate));
            }
            return tls;
        }
    }

    private static SslServerAuthenticationOptions Tls(X509Certificate2 certificate) => new()
    {
        ServerCertificateContext = CertificateContexts.Create(certificate),
        ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ClientCertificateRequired = true,
        // Asked for, never demanded: the authorizer checks it, and a bearer token will do as well.
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        CertificateChainPolicy = CertificateContexts.UncheckedChain(),
    };

    /// <summary>Stops at once; streams that are open are cut.</summary>
    public async ValueTask DisposeAsync()
    {
        await _kestrel.StopAsync(new CancellationToken(canceled: true));
        _kestrel.Dispose();
    }

    private sealed class Application(IKubeletAuthorizer authorizer, RequestDelegate routes, ILogger logger) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection features) => new DefaultHttpContext(features);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
        }

        public async Task ProcessRequestAsync(HttpContext context)
        {
            try
            {
                await authorizer.AuthorizeAsync(context, context.RequestAborted);
                await routes(context);
            }
            catch (HttpFailure failure) when (!context.Response.HasStarted)
            {
                await AnswerAsync(context, failure.Code, failure.Message);
            }
            catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
            {
                // The caller went away.
            }
            catch (Exception e)
            {
                LogFailed(logger, e, context.Request.Path.Value ?? "");
                if (context.Response.HasStarted)
                {
                    context.Abort();
                }
                else
                {
                    await AnswerAsync(context, 500, e.Message);
                }
            }
        }

        private static Task AnswerAsync(HttpContext context, int code, string text)
        {
            context.Response.StatusCode = code;
            context.Response.ContentType = "text/plain; charset=utf-8";
            return context.Response.WriteAsync(text);
        }
    }

    /// <summary>The two services that Kestrel's TLS insists on. Its metrics type is internal, hence made by its type.</summary>
    private sealed class Services(ILoggerFactory loggers) : IServiceProvider, IMeterFactory
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "Request {Path} failed")]
    private static partial void LogFailed(ILogger logger, Exception e, string path);
}
