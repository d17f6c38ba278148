using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Kobune.Api.Core.V1;
using Kobune.Kubelet.Formats;

namespace Kobune.Kubelet.Probes;

/// <summary>grpc: the standard health service (grpc.health.v1.Health/Check) over plain HTTP/2 answers SERVING.</summary>
internal sealed class GrpcProber : IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public async Task<ProbeOutcome> CheckAsync(GRPCAction action, IReadOnlyList<string> addresses, TimeSpan timeout, CancellationToken cancellation)
    {
        var host = addresses.Count > 0 ? addresses[0] : "127.0.0.1";
        var target = $"{(host.Contains(':') ? $"[{host}]" : host)}:{action.Port}";
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{target}/grpc.health.v1.Health/Check")
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new ByteArrayContent(Frame(action.Service ?? "")),
            };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
            request.Headers.TE.ParseAdd("trailers");
            request.Headers.TryAddWithoutValidation("User-Agent", "kube-probe/1.36");
            using var response = await _client.SendAsync(request, limit.Token);
            var body = await response.Content.ReadAsByteArrayAsync(limit.Token);
            var status = Trailer(response, "grpc-status");
            return status switch
            {
                "0" when Serving(body) => new ProbeOutcome(true, "service healthy"),
                "0" => new ProbeOutcome(false, "service unhealthy (responded with \"NOT_SERVING\")"),
                "12" => new ProbeOutcome(false, $"error: this server does not implement the grpc health protocol (grpc.health.v1.Health): {Trailer(response, "grpc-message")}"),
                _ => new ProbeOutcome(false, $"error: health rpc probe failed: rpc error: code = {status} desc = {Trailer(response, "grpc-message")}"),
            };
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new ProbeOutcome(false, $"timeout: failed to connect service \"{target}\" within {GoTime.Duration(timeout)}: context deadline exceeded");
        }
        catch (HttpRequestException e)
        {
            return new ProbeOutcome(false, $"error: failed to connect service \"{target}\": {e.Message}");
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>A gRPC frame around HealthCheckRequest{service}.</summary>
    private static byte[] Frame(string service)
    {
        var name = Encoding.UTF8.GetBytes(service);
        if (name.Length is 0 or > 127)
        {
            return new byte[5];
        }

        var frame = new byte[5 + 2 + name.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), 2 + name.Length);
        frame[5] = 0x0A;
        frame[6] = (byte)name.Length;
        name.CopyTo(frame, 7);
        return frame;
    }

    /// <summary>HealthCheckResponse{status = SERVING} is field 1 with the value 1.</summary>
    private static bool Serving(byte[] body) => body.Length >= 7 && body[5] == 0x08 && body[6] == 1;

    private static string Trailer(HttpResponseMessage response, string name) =>
        response.TrailingHeaders.TryGetValues(name, out var values) || response.Headers.TryGetValues(name, out values) ? values.First() : "";
}
