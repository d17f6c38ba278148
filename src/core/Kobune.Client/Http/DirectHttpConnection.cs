using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Kobune.Client.Http;

/// <summary>One connection of <see cref="DirectHttpHandler"/>: bytes out, answer heads in, and a buffer for what follows a head.</summary>
internal sealed class DirectHttpConnection : IDisposable
{
    private const int LargestHead = 256 << 10;

    private readonly Socket _socket;
    private readonly Stream _stream;
    private byte[] _buffer = new byte[16 << 10];
    private int _start;
    private int _end;

    private DirectHttpConnection(Socket socket, Stream stream)
    {
        _socket = socket;
        _stream = stream;
    }

    /// <summary>Whether anything of the answer to the latest request has arrived.</summary>
    public bool HasRead { get; private set; }

    public static DirectHttpConnection Open(Uri address, Func<SslClientAuthenticationOptions> tls, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var cancel = cancellationToken.UnsafeRegister(static s => ((Socket)s!).Dispose(), socket);
        try
        {
            if (IPAddress.TryParse(address.DnsSafeHost, out var ip))
            {
                socket.Connect(new IPEndPoint(ip, address.Port));
            }
            else
            {
                socket.Connect(address.DnsSafeHost, address.Port);
            }

            Stream stream = new NetworkStream(socket, ownsSocket: true);
            if (address.Scheme == Uri.UriSchemeHttps)
            {
                var secure = new SslStream(stream);
                secure.AuthenticateAsClient(tls());
                stream = secure;
            }

            return new DirectHttpConnection(socket, stream);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Write(byte[] message)
    {
        HasRead = false;
        _stream.Write(message);
        _stream.Flush();
    }

    /// <summary>Reads status line and headers; 1xx answers are passed over.</summary>
    public HttpResponseMessage ReadHead()
    {
        while (true)
        {
            var status = ReadLine().Split(' ', 3);
            if (status.Length < 2 || !status[0].StartsWith("HTTP/1.", StringComparison.Ordinal) ||
                !int.TryParse(status[1], NumberStyles.None, CultureInfo.InvariantCulture, out var code))
            {
                throw new IOException($"malformed HTTP response \"{string.Join(' ', status)}\"");
            }

            var response = new HttpResponseMessage((HttpStatusCode)code) { ReasonPhrase = status.Length > 2 ? status[2] : "" };
            for (var line = ReadLine(); line.Length > 0; line = ReadLine())
            {
                var colon = line.IndexOf(':', StringComparison.Ordinal);
                if (colon > 0)
                {
                    var (name, value) = (line[..colon], line[(colon + 1)..].Trim());
                    if (!response.Headers.TryAddWithoutValidation(name, value))
                    {
                        response.Content.Headers.TryAddWithoutValidation(name, value);
                    }
                }
            }

            if (code is >= 200 or 101)
            {
                return response;
            }
        }
    }

    /// <summary>A line without its end.</summary>
    public string ReadLine()
    {
        while (true)
        {
            var at = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (at >= 0)
            {
                var line = Encoding.Latin1.GetString(_buffer, _start, at).TrimEnd('\r');
                _start += at + 1;
                return line;
            }

            MakeRoom();
            Took(_stream.Read(_buffer, _end, _buffer.Length - _end));
        }
    }

    /// <summary>As <see cref="ReadLine"/>, without blocking.</summary>
    public async ValueTask<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        while (!_buffer.AsSpan(_start, _end - _start).Contains((byte)'\n'))
        {
            MakeRoom();
            Took(await _stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false));
        }

        return ReadLine();
    }

    public int Read(Span<byte> target)
    {
        var buffered = TakeBuffered(target);
        return buffered > 0 ? buffered : _stream.Read(target);
    }

    public ValueTask<int> ReadAsync(Memory<byte> target, CancellationToken cancellationToken)
    {
        var buffered = TakeBuffered(target.Span);
        return buffered > 0 ? new ValueTask<int>(buffered) : _stream.ReadAsync(target, cancellationToken);
    }

    public void Dispose()
    {
        // The socket first: it wakes a read that is under way, and says good-bye without TLS ceremony.
        _socket.Dispose();
        _stream.Dispose();
    }

    private int TakeBuffered(Span<byte> target)
    {
        var length = Math.Min(target.Length, _end - _start);
        _buffer.AsSpan(_start, length).CopyTo(target);
        _start += length;
        return length;
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            Buffer.BlockCopy(_buffer, _start, _buffer, 0, _end - _start);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            if (_buffer.Length >= LargestHead)
            {
                throw new IOException("net/http: server response headers exceeded the limit of 256 kB");
            }

            Array.Resize(ref _buffer, _buffer.Length * 2);
        }
    }

    private void Took(int read)
    {
        if (read == 0)
        {
            throw new IOException("unexpected EOF");
        }

        _end += read;
        HasRead = true;
    }
}
