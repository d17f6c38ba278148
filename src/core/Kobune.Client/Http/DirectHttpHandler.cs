using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Kobune.Client.Http;

/// <summary>
/// HTTP/1.1 for programs that live for a few requests (RFC 9112). The pooled handler of the framework costs such a program
/// some 150 ms of just-in-time compilation; this one writes and reads on the caller's thread, over connections it keeps open
/// between requests. Bodies of a known length are read at once; others are streams whose asynchronous reads do not block.
/// </summary>
public sealed class DirectHttpHandler(Func<SslClientAuthenticationOptions> tls) : HttpMessageHandler
{
    private const int BufferedBody = 64 << 20;

    private readonly Lock _gate = new();
    private readonly Stack<DirectHttpConnection> _idle = new();
    private bool _disposed;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return Task.FromResult(Send(request, cancellationToken));
        }
        catch (Exception e)
        {
            return Task.FromException<HttpResponseMessage>(e);
        }
    }

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var message = Encode(request);
        for (var reused = TakeIdle(); reused is not null; reused = TakeIdle())
        {
            // The server may have closed a connection that lay idle; nothing of an answer was read then, so the request goes out again.
            if (Exchange(reused, request, message, mayBeStale: true, cancellationToken) is { } response)
            {
                return response;
            }
        }

        return Exchange(Open(request.RequestUri!, cancellationToken), request, message, mayBeStale: false, cancellationToken)!;
    }

    protected override void Dispose(bool disposing)
    {
        lock (_gate)
        {
            _disposed = true;
            while (_idle.TryPop(out var connection))
            {
                connection.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    internal void Return(DirectHttpConnection connection)
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                _idle.Push(connection);
                return;
            }
        }

        connection.Dispose();
    }

    private DirectHttpConnection? TakeIdle()
    {
        lock (_gate)
        {
            return _idle.TryPop(out var connection) ? connection : null;
        }
    }

    private DirectHttpConnection Open(Uri address, CancellationToken cancellationToken)
    {
        try
        {
            return DirectHttpConnection.Open(address, tls, cancellationToken);
        }
        catch (Exception e) when (e is SocketException or IOException or System.Security.Authentication.AuthenticationException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new HttpRequestException(e is SocketException ? $"{e.Message} ({address.Authority})" : e.Message, e);
        }
    }

    private HttpResponseMessage? Exchange(
        DirectHttpConnection connection, HttpRequestMessage request, byte[] message, bool mayBeStale, CancellationToken cancellationToken)
    {
        var cancel = cancellationToken.UnsafeRegister(static c => ((DirectHttpConnection)c!).Dispose(), connection);
        try
        {
            connection.Write(message);
            var response = connection.ReadHead();
            response.RequestMessage = request;
            Attach(connection, response, request.Method == HttpMethod.Head);
            return response;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or SocketException)
        {
            connection.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            return mayBeStale && !connection.HasRead ? null : throw new HttpRequestException(e.Message, e);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
        finally
        {
            cancel.Dispose();
        }
    }

    private void Attach(DirectHttpConnection connection, HttpResponseMessage response, bool noBody)
    {
        var body = DirectHttpBody.Of(connection, response, noBody, this);
        if (body.KnownLength is { } length and <= BufferedBody)
        {
            var bytes = new byte[length];
            body.ReadExactly(bytes);
            body.Dispose();
            Replace(response, new ByteArrayContent(bytes));
            return;
        }

        Replace(response, new StreamContent(body));
    }

    private static void Replace(HttpResponseMessage response, HttpContent content)
    {
        foreach (var (name, values) in response.Content.Headers.NonValidated)
        {
            content.Headers.TryAddWithoutValidation(name, values);
        }

        response.Content = content;
    }

    private static byte[] Encode(HttpRequestMessage request)
    {
        var head = new StringBuilder(512);
        head.Append(request.Method.Method).Append(' ').Append(request.RequestUri!.PathAndQuery).Append(" HTTP/1.1\r\nHost: ").Append(request.RequestUri.Authority).Append("\r\n");
        Append(head, request.Headers.NonValidated);
        byte[] body = [];
        if (request.Content is { } content)
        {
            using var stream = new MemoryStream();
            content.CopyTo(stream, null, CancellationToken.None);
            body = stream.ToArray();
            Append(head, content.Headers.NonValidated);
        }

        if (body.Length > 0 || request.Content is not null)
        {
            head.Append("Content-Length: ").Append(body.Length.ToString(CultureInfo.InvariantCulture)).Append("\r\n");
        }

        head.Append("\r\n");
        var text = head.ToString();
        var message = new byte[text.Length + body.Length];
        Encoding.Latin1.GetBytes(text, message);
        body.CopyTo(message, text.Length);
        return message;
    }

    private static void Append(StringBuilder head, HttpHeadersNonValidated headers)
    {
        foreach (var (name, values) in headers)
        {
            if (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                continue; // told from the bytes
            }

            foreach (var value in values)
            {
                head.Append(name).Append(": ").Append(value.ReplaceLineEndings(" ")).Append("\r\n");
            }
        }
    }
}
