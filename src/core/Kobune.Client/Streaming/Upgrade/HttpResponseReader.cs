using System.Globalization;
using System.Text;

namespace Kobune.Client.Streaming;

/// <summary>Reads one HTTP/1.1 response from a raw connection, without taking bytes of what follows a 101.</summary>
public sealed class HttpResponseReader(Stream stream)
{
    private const int MaxHead = 64 * 1024;
    private const int MaxBody = 1024 * 1024;

    private byte[] _buffer = new byte[4096];
    private int _start, _end;

    /// <summary>Goes on behind a head that somebody else has read.</summary>
    /// <param name="stream">The connection.</param>
    /// <param name="read">What was read of the body already.</param>
    public HttpResponseReader(Stream stream, byte[] read) : this(stream)
    {
        if (read.Length > 0)
        {
            (_buffer, _end) = (read, read.Length);
        }
    }

    /// <exception cref="IOException">The peer does not speak HTTP/1.1, or its head is longer than 64 KiB.</exception>
    public async Task<(int Status, IReadOnlyDictionary<string, string> Headers)> ReadHeadAsync(CancellationToken cancellationToken)
    {
        var first = await ReadLineAsync(cancellationToken);
        if (!first.StartsWith("HTTP/1.", StringComparison.Ordinal) || first.Length < 12 || !int.TryParse(first.AsSpan(9, 3), out var status))
        {
            throw new IOException("the peer does not answer in HTTP/1.1");
        }

        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var total = 0;
        while (await ReadLineAsync(cancellationToken) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':');
            if (colon < 1 || (total += line.Length) > MaxHead)
            {
                throw new IOException("malformed or too long response headers");
            }

            var (name, value) = (line[..colon], line[(colon + 1)..].Trim());
            headers[name] = headers.TryGetValue(name, out var before) ? before + ", " + value : value;
        }

        return (status, headers);
    }

    /// <summary>The body as text: in chunks, of the length the headers tell, or until the end; at most 1 MiB of it.</summary>
    public async Task<string> ReadBodyAsync(IReadOnlyDictionary<string, string> headers, CancellationToken cancellationToken)
    {
        var body = new MemoryStream();
        if (headers.GetValueOrDefault("Transfer-Encoding")?.Contains("chunked", StringComparison.OrdinalIgnoreCase) == true)
        {
            while (await ReadChunkAsync(body, cancellationToken))
            {
            }
        }
        else
        {
            var known = long.TryParse(headers.GetValueOrDefault("Content-Length"), NumberStyles.None, CultureInfo.InvariantCulture, out var length);
            await CopyAsync(body, known ? length : MaxBody, cancellationToken);
        }

        return Encoding.UTF8.GetString(body.GetBuffer(), 0, (int)body.Length);
    }

    /// <summary>The connection from the first byte after what was read.</summary>
    public Stream TakeRest() => _start == _end ? stream : new PrefixedStream(_buffer.AsMemory(_start, _end - _start), stream);

    private async Task<bool> ReadChunkAsync(MemoryStream body, CancellationToken cancellationToken)
    {
        var size = (await ReadLineAsync(cancellationToken)).Split(';')[0].Trim();
        if (!int.TryParse(size, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var length) || length <= 0)
        {
            return false;
        }

        return await CopyAsync(body, length, cancellationToken) && (await ReadLineAsync(cancellationToken)).Length == 0;
    }

    private async Task<bool> CopyAsync(MemoryStream body, long length, CancellationToken cancellationToken)
    {
        while (length > 0 && body.Length < MaxBody)
        {
            if (_start == _end && !await FillAsync(cancellationToken))
            {
                return false;
            }

            var count = (int)Math.Min(length, _end - _start);
            body.Write(_buffer, _start, count);
            _start += count;
            length -= count;
        }

        return length == 0;
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        int at;
        while ((at = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n')) < 0)
        {
            if (_end - _start > MaxHead || !await FillAsync(cancellationToken))
            {
                throw new IOException("the connection ended inside the response, or a line is too long");
            }
        }

        var line = Encoding.Latin1.GetString(_buffer, _start, at).TrimEnd('\r');
        _start += at + 1;
        return line;
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }

        var count = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += count;
        return count > 0;
    }
}
