using System.Globalization;

namespace Kobune.Client.Http;

/// <summary>The body of an answer: of a known length, in chunks (RFC 9112 section 7.1), or until the connection ends.</summary>
internal sealed class DirectHttpBody : Stream
{
    private readonly DirectHttpConnection _connection;
    private readonly DirectHttpHandler _owner;
    private readonly bool _chunked;
    private readonly bool _reusable;
    private long _left; // of the body, or of the current chunk
    private bool _begun;
    private bool _ended;
    private bool _disposed;

    private DirectHttpBody(DirectHttpConnection connection, DirectHttpHandler owner, bool chunked, long? length, bool reusable)
    {
        (_connection, _owner, _chunked, _reusable) = (connection, owner, chunked, reusable);
        KnownLength = length;
        _left = length ?? (chunked ? 0 : long.MaxValue);
        _ended = length == 0;
    }

    /// <summary>In bytes; null when only the end will tell.</summary>
    public long? KnownLength { get; }

    public override long Length => KnownLength ?? throw new NotSupportedException();

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public static DirectHttpBody Of(DirectHttpConnection connection, HttpResponseMessage response, bool noBody, DirectHttpHandler owner)
    {
        var headers = response.Headers;
        var chunked = headers.TransferEncodingChunked == true;
        var closes = headers.ConnectionClose == true;
        long? length = noBody || (int)response.StatusCode is 204 or 304 ? 0 : chunked ? null : Declared(response);
        return new DirectHttpBody(connection, owner, chunked && length is null, length, !closes && (chunked || length is not null));
    }

    public override int Read(Span<byte> buffer)
    {
        if (_left == 0 && !_ended && buffer.Length > 0)
        {
            NextChunk();
        }

        return _ended || buffer.Length == 0 ? 0 : Took(_connection.Read(buffer[..(int)Math.Min(buffer.Length, _left)]));
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_left == 0 && !_ended && buffer.Length > 0)
        {
            if (_begun)
            {
                await _connection.ReadLineAsync(cancellationToken).ConfigureAwait(false);
            }

            if (StartChunk(await _connection.ReadLineAsync(cancellationToken).ConfigureAwait(false)))
            {
                while ((await _connection.ReadLineAsync(cancellationToken).ConfigureAwait(false)).Length > 0)
                {
                    // trailers
                }
            }
        }

        return _ended || buffer.Length == 0
            ? 0
            : Took(await _connection.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken).ConfigureAwait(false));
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
        // nothing is written here
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            if (_ended && _reusable)
            {
                _owner.Return(_connection);
            }
            else
            {
                _connection.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    // Not Headers.ContentLength: an answer without the header counts as empty there.
    private static long? Declared(HttpResponseMessage response) =>
        response.Content.Headers.NonValidated.TryGetValues("Content-Length", out var values) &&
        long.TryParse(values.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length : null;

    private void NextChunk()
    {
        if (_begun)
        {
            _connection.ReadLine(); // the end of the last one
        }

        if (StartChunk(_connection.ReadLine()))
        {
            while (_connection.ReadLine().Length > 0)
            {
                // trailers
            }
        }
    }

    /// <summary>Whether this is the last chunk, after which come only trailers.</summary>
    private bool StartChunk(string line)
    {
        var semicolon = line.IndexOf(';', StringComparison.Ordinal);
        if (!long.TryParse((semicolon < 0 ? line : line[..semicolon]).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _left) || _left < 0)
        {
            throw new IOException("malformed chunked encoding");
        }

        _begun = true;
        _ended = _left == 0;
        return _ended;
    }

    private int Took(int read)
    {
        if (read == 0)
        {
            _ended = true;
            if (_chunked || KnownLength is not null)
            {
                throw new IOException("unexpected EOF");
            }

            return 0;
        }

        if (_chunked || KnownLength is not null)
        {
            _left -= read;
            _ended = !_chunked && _left == 0;
        }

        return read;
    }
}
