using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Google.Protobuf;

namespace Kobune.Cri.Grpc;

/// <summary>
/// gRPC calls over one HTTP/2 connection to a unix socket. Connects on the first call and again after the peer went
/// away; a call that could not reach the peer fails with <see cref="StatusCode.Unavailable"/> and is never retried here.
/// </summary>
public sealed class GrpcChannel : IDisposable
{
    private readonly HttpMessageInvoker _http;
    private readonly TimeProvider _time;

    private GrpcChannel(HttpMessageInvoker http, TimeProvider time)
    {
        _http = http;
        _time = time;
    }

    /// <param name="path">The socket's path; the 107 bytes of <c>sun_path</c> are the system's limit.</param>
    /// <param name="time">What deadlines are measured with.</param>
    public static GrpcChannel ForUnixSocket(string path, TimeProvider time)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation).ConfigureAwait(false);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        return new GrpcChannel(new HttpMessageInvoker(handler), time);
    }

    /// <param name="method">"/package.Service/Method".</param>
    /// <param name="request">The one request message.</param>
    /// <param name="parser">Parser of the answer.</param>
    /// <param name="timeout">The deadline, told to the peer as well; null waits for as long as it takes.</param>
    /// <param name="cancellation">Resets the stream.</param>
    /// <param name="metadata">Headers in addition.</param>
    /// <exception cref="RpcException">The peer's status when it is not OK.</exception>
    public Task<TResponse> UnaryAsync<TResponse>(
        string method, IMessage request, MessageParser<TResponse> parser, TimeSpan? timeout, CancellationToken cancellation,
        params ReadOnlySpan<KeyValuePair<string, string>> metadata)
        where TResponse : class, IMessage<TResponse>
    {
        // A span cannot live across awaits: the request is built before the first one.
        return UnaryAsync(method, Request(method, request, timeout, metadata), parser, timeout, cancellation);
    }

    private async Task<TResponse> UnaryAsync<TResponse>(
        string method, HttpRequestMessage request, MessageParser<TResponse> parser, TimeSpan? timeout, CancellationToken cancellation)
        where TResponse : class, IMessage<TResponse>
    {
        using var deadline = Deadline.Start(timeout, _time, cancellation);
        try
        {
            using HttpResponseMessage response = await SendAsync(request, deadline.Token).ConfigureAwait(false);
            using Stream body = await response.Content.ReadAsStreamAsync(deadline.Token).ConfigureAwait(false);
            TResponse? answer = await GrpcFraming.ReadAsync(body, parser, deadline.Token).ConfigureAwait(false);
            // Trailers arrive only once the body has been read to its end.
            if (answer is not null && await GrpcFraming.ReadAsync(body, parser, deadline.Token).ConfigureAwait(false) is not null)
                throw new RpcException(StatusCode.Internal, $"{method}: more than one message in answer to a unary call");
            GrpcStatus.ThrowIfNotOk(response);
            return answer ?? throw new RpcException(StatusCode.Internal, $"{method}: status OK without a message");
        }
        catch (Exception e) when (Translate(e, deadline, cancellation) is { } translated)
        {
            throw translated;
        }
    }

    /// <summary>Server streaming: the messages in order; ends when the peer ends with OK, throws its status otherwise.</summary>
    public async IAsyncEnumerable<TResponse> StreamAsync<TResponse>(
        string method, IMessage request, MessageParser<TResponse> parser, [EnumeratorCancellation] CancellationToken cancellation)
        where TResponse : class, IMessage<TResponse>
    {
        using var deadline = Deadline.Start(null, _time, cancellation);
        using HttpResponseMessage response = await Guard(SendAsync(Request(method, request, null, []), cancellation), deadline, cancellation).ConfigureAwait(false);
        using Stream body = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        while (await Guard(GrpcFraming.ReadAsync(body, parser, cancellation).AsTask(), deadline, cancellation).ConfigureAwait(false) is { } message)
            yield return message;
        GrpcStatus.ThrowIfNotOk(response);
    }

    public void Dispose() => _http.Dispose();

    private static HttpRequestMessage Request(
        string method, IMessage message, TimeSpan? timeout, ReadOnlySpan<KeyValuePair<string, string>> metadata)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri("http://localhost" + method))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new GrpcContent(GrpcFraming.Frame(message)),
        };
        request.Headers.TE.ParseAdd("trailers");
        if (timeout is { } limit)
            request.Headers.Add("grpc-timeout", FormatTimeout(limit));
        foreach (var (name, value) in metadata)
            request.Headers.Add(name, value);
        return request;
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        HttpResponseMessage response = await _http.SendAsync(request, cancellation).ConfigureAwait(false);
        try
        {
            GrpcStatus.ThrowIfNotGrpc(response);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    // At most eight digits are allowed: milliseconds reach 27 hours, beyond that seconds.
    internal static string FormatTimeout(TimeSpan timeout)
    {
        long milliseconds = Math.Max(1, (long)Math.Ceiling(timeout.TotalMilliseconds));
        return milliseconds <= 99_999_999
            ? string.Create(CultureInfo.InvariantCulture, $"{milliseconds}m")
            : string.Create(CultureInfo.InvariantCulture, $"{Math.Min(99_999_999, milliseconds / 1000)}S");
    }

    private static async Task<T> Guard<T>(Task<T> step, Deadline deadline, CancellationToken cancellation)
    {
        try
        {
            return await step.ConfigureAwait(false);
        }
        catch (Exception e) when (Translate(e, deadline, cancellation) is { } translated)
        {
            throw translated;
        }
    }

    private static RpcException? Translate(Exception e, Deadline deadline, CancellationToken cancellation) => e switch
    {
        RpcException => null,
        _ when cancellation.IsCancellationRequested => null,
        OperationCanceledException when deadline.Expired => new RpcException(StatusCode.DeadlineExceeded, "context deadline exceeded", e),
        HttpRequestException or IOException or SocketException =>
            new RpcException(StatusCode.Unavailable, $"connection error: {(e.InnerException ?? e).Message}", e),
        _ => null,
    };
}
