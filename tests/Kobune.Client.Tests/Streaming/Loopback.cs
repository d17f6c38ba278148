using System.IO.Pipelines;
using System.Text;
using Kobune.Client.Streaming;

namespace Kobune.Client.Tests.Streaming;

/// <summary>Two connected in-memory duplex streams with small buffers, so that a side that does not read is soon felt.</summary>
internal sealed class Loopback : DuplexStream, IHalfClose
{
    private readonly PipeReader _reader;
    private readonly PipeWriter _writer;

    private Loopback(PipeReader reader, PipeWriter writer) => (_reader, _writer) = (reader, writer);

    public static (Loopback A, Loopback B) Create()
    {
        var options = new PipeOptions(pauseWriterThreshold: 16 * 1024, resumeWriterThreshold: 8 * 1024, useSynchronizationContext: false);
        var (there, back) = (new Pipe(options), new Pipe(options));
        return (new Loopback(back.Reader, there.Writer), new Loopback(there.Reader, back.Writer));
    }

    /// <summary>A client and a server after a real handshake over a loopback.</summary>
    public static async Task<(UpgradedConnection Client, Stream Server, UpgradeAnswer Answer)> UpgradeAsync(
        UpgradeTransport transport, string protocol, Func<Func<string, string?>, UpgradeAnswer> negotiate, CancellationToken cancellationToken)
    {
        var (a, b) = Create();
        var connecting = UpgradeClient.UpgradeAsync(a, new UpgradeRequest(new Uri("http://kubelet:10250/x?y=z"), transport, [protocol]), cancellationToken);
        var answer = negotiate(await ReadRequestAsync(b, cancellationToken));
        Assert.True(answer.Accepted, answer.Error);
        var head = "HTTP/1.1 101 Switching Protocols\r\n" + string.Concat(answer.Headers.Select(h => $"{h.Key}: {h.Value}\r\n")) + "\r\n";
        await b.WriteAsync(Encoding.ASCII.GetBytes(head), cancellationToken);
        return (await connecting, b, answer);
    }

    public static async Task<Func<string, string?>> ReadRequestAsync(Stream stream, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var one = new byte[1];
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one, cancellationToken) > 0)
        {
            text.Append((char)one[0]);
        }

        var headers = text.ToString().Split("\r\n").Skip(1).Where(l => l.Length > 0).Select(l => l.Split(": ", 2)).ToLookup(p => p[0], p => p[1]);
        return name => string.Join(",", headers[name]);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var result = await _reader.ReadAsync(cancellationToken);
        var count = (int)Math.Min(buffer.Length, result.Buffer.Length);
        var taken = result.Buffer.Slice(0, count);
        foreach (var segment in taken)
        {
            segment.CopyTo(buffer);
            buffer = buffer[segment.Length..];
        }

        _reader.AdvanceTo(taken.End);
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if ((await _writer.WriteAsync(buffer, cancellationToken)).IsCompleted)
        {
            throw new IOException("the other end is closed");
        }
    }

    public ValueTask CloseWriteAsync(CancellationToken cancellationToken = default) => _writer.CompleteAsync();

    protected override void Dispose(bool disposing)
    {
        _writer.Complete();
        _reader.CancelPendingRead();
        _reader.Complete();
        base.Dispose(disposing);
    }
}
