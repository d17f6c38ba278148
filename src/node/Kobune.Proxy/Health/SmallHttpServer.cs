using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Kobune.Proxy.Health;

/// <summary>Answers GET requests with a short text, one a connection: health checks and metrics need no more of HTTP/1.1.</summary>
internal sealed class SmallHttpServer : IAsyncDisposable
{
    private const int LongestHead = 8192;
    private const int MostConnections = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly TcpListener _listener;
    private readonly Func<string, SmallHttpAnswer> _answer;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _slots = new(MostConnections);
    private readonly Task _run;

    /// <param name="answer">The answer for a path.</param>
    /// <exception cref="SocketException">The address is taken.</exception>
    public SmallHttpServer(IPEndPoint address, Func<string, SmallHttpAnswer> answer)
    {
        _answer = answer;
        _listener = new TcpListener(address);
        _listener.Start();
        _run = AcceptAsync();
    }

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndpoint;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            await _slots.WaitAsync(_stopping.Token);
            _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stopping.Token));
        }
    }

    private async Task ServeAsync(TcpClient connection)
    {
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
            patience.CancelAfter(Patience);
            var stream = connection.GetStream();
            if (await ReadPathAsync(stream, patience.Token) is { } path)
            {
                await stream.WriteAsync(Bytes(_answer(path)), patience.Token);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // the client is gone, or never asked
        }
        finally
        {
            connection.Dispose();
            _slots.Release();
        }
    }

    private static async Task<string?> ReadPathAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var head = new byte[LongestHead];
        var length = 0;
        while (length < head.Length && head.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
        {
            var read = await stream.ReadAsync(head.AsMemory(length), cancellationToken);
            if (read == 0)
            {
                return null;
            }
            length += read;
        }
        var words = Encoding.ASCII.GetString(head, 0, length).Split('\r', 2)[0].Split(' ');
        return words.Length == 3 && words[0] is "GET" or "HEAD" ? words[1].Split('?')[0] : null;
    }

    private static byte[] Bytes(SmallHttpAnswer answer)
    {
        var body = Encoding.UTF8.GetBytes(answer.Body);
        var headers = string.Concat(answer.Headers.Select(h => $"{h.Key}: {h.Value}\r\n"));
        var head = $"HTTP/1.1 {answer.Status} {(HttpStatusCode)answer.Status}\r\nContent-Type: {answer.Type}\r\nContent-Length: {body.Length}\r\n{headers}Connection: close\r\n\r\n";
        return [.. Encoding.ASCII.GetBytes(head), .. body];
    }
}

/// <summary>A status, a content type and a body.</summary>
internal sealed record SmallHttpAnswer(int Status, string Type, string Body)
{
    public static SmallHttpAnswer NotFound { get; } = new(404, "text/plain; charset=utf-8", "404 page not found\n");

    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();
}
