using System.Buffers.Text;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Kobune.Bench.Api;

/// <summary>
/// One HTTP/1.1 connection over TLS that costs next to nothing itself: on a machine that the server shares, a full HTTP
/// client would eat as much processor time as what it measures.
/// </summary>
internal sealed class RawConnection : IAsyncDisposable
{
    private readonly SslStream _stream;
    private readonly byte[] _buffer = new byte[256 * 1024];
    private int _start;
    private int _end;

    private RawConnection(SslStream stream) => _stream = stream;

    public static async Task<RawConnection> OpenAsync(ApiTarget target)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(target.Config.Server.Host, target.Config.Server.Port);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await stream.AuthenticateAsClientAsync(target.Tls());
        return new RawConnection(stream);
    }

    /// <summary>The bytes of a request.</summary>
    public static byte[] Request(ApiTarget target, string method, string path, string? body = null) => Encoding.UTF8.GetBytes(
        $"{method} {path} HTTP/1.1\r\n{target.Headers}" + (body is null ? "\r\n" : $"Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"));

    /// <summary>Sends a request and reads the whole answer; its code and its body's length.</summary>
    public async ValueTask<(int Code, long Length)> SendAsync(ReadOnlyMemory<byte> request, Action<ReadOnlyMemory<byte>>? body = null)
    {
        await _stream.WriteAsync(request);
        var head = await HeadAsync();
        var code = (head[9] - '0') * 100 + ((head[10] - '0') * 10) + (head[11] - '0');
        if (Value(head, "\r\nContent-Length: "u8, "\r\ncontent-length: "u8) is { } length)
        {
            await SkipAsync(length, body);
            return (code, length);
        }

        return (code, await ChunksAsync(body));
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private async ValueTask<byte[]> HeadAsync()
    {
        while (true)
        {
            var at = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n\r\n"u8);
            if (at >= 0)
            {
                var head = _buffer.AsSpan(_start, at + 2).ToArray();
                _start += at + 4;
                return head;
            }

            await FillAsync();
        }
    }

    private async ValueTask<long> ChunksAsync(Action<ReadOnlyMemory<byte>>? body)
    {
        long total = 0;
        while (true)
        {
            int at;
            while ((at = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8)) < 0)
            {
                await FillAsync();
            }

            Utf8Parser.TryParse(_buffer.AsSpan(_start, at), out long length, out _, 'x');
            _start += at + 2;
            await SkipAsync(length, body);
            await SkipAsync(2, null);
            total += length;
            if (length == 0)
            {
                return total;
            }
        }
    }

    private async ValueTask SkipAsync(long length, Action<ReadOnlyMemory<byte>>? body)
    {
        while (length > 0)
        {
            if (_start == _end)
            {
                await FillAsync();
            }

            var take = (int)Math.Min(length, _end - _start);
            body?.Invoke(_buffer.AsMemory(_start, take));
            _start += take;
            length -= take;
        }
    }

    private async ValueTask FillAsync()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        var read = await _stream.ReadAsync(_buffer.AsMemory(_end));
        _end += read > 0 ? read : throw new EndOfStreamException("the server closed the connection");
    }

    private static long? Value(byte[] head, ReadOnlySpan<byte> name, ReadOnlySpan<byte> lower)
    {
        var at = head.AsSpan().IndexOf(name);
        at = at < 0 ? head.AsSpan().IndexOf(lower) : at;
        return at >= 0 && Utf8Parser.TryParse(head.AsSpan(at + name.Length), out long value, out _) ? value : null;
    }
}
