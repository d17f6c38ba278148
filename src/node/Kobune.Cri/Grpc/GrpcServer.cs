using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Kobune.Cri.Grpc;

/// <summary>
/// gRPC over a unix socket on bare Kestrel, without a web host: for what others call on a node (device plug-in
/// registration, pod resources), and for fakes of what we call.
/// </summary>
public sealed class GrpcServer : IAsyncDisposable
{
    private readonly KestrelServer _kestrel;

    private GrpcServer(KestrelServer kestrel) => _kestrel = kestrel;

    /// <summary>Listens; a stale socket file is replaced.</summary>
    public static async Task<GrpcServer> StartAsync(string socketPath, GrpcMethods methods, ILoggerFactory loggers, CancellationToken cancellation)
    {
        File.Delete(socketPath);
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.MinRequestBodyDataRate = null;
        options.Limits.MinResponseDataRate = null;
        options.Limits.MaxRequestBodySize = GrpcFraming.MaxMessageSize + GrpcFraming.HeaderSize;
        options.ListenUnixSocket(socketPath, listen => listen.Protocols = HttpProtocols.Http2);

        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), loggers);
        var kestrel = new KestrelServer(Options.Create(options), transport, loggers);
        await kestrel.StartAsync(new Application(methods), cancellation).ConfigureAwait(false);
        return new GrpcServer(kestrel);
    }

    /// <summary>Stops at once: streams that are open are reset.</summary>
    public async ValueTask DisposeAsync()
    {
        await _kestrel.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        _kestrel.Dispose();
    }

    private sealed class Application(GrpcMethods methods) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection features) => new DefaultHttpContext(features);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
        }

        public async Task ProcessRequestAsync(HttpContext context)
        {
            context.Response.ContentType = "application/grpc";
            var answer = new GrpcAnswer(context.Response);
            try
            {
                string path = context.Request.Path.Value ?? "";
                if (!methods.Handlers.TryGetValue(path, out var handler))
                    throw new RpcException(StatusCode.Unimplemented, $"unknown method {path}");
                await handler(context.Request.Body, answer, context.RequestAborted).ConfigureAwait(false);
                answer.End(StatusCode.OK, "");
            }
            catch (RpcException e)
            {
                answer.End(e.StatusCode, e.Message);
            }
            catch (Exception e) when (!context.RequestAborted.IsCancellationRequested)
            {
                answer.End(StatusCode.Unknown, e.Message);
            }
            catch (Exception)
            {
                context.Abort(); // the caller is gone
            }
        }
    }
}
