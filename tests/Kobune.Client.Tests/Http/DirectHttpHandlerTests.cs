using System.Net;
using System.Net.Sockets;
using System.Text;
using Kobune.Client.Http;

namespace Kobune.Client.Tests.Http;

/// <summary>Against a scripted peer on a socket: what it answers, byte for byte, and what the handler makes of it.</summary>
public sealed class DirectHttpHandlerTests : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly HttpClient _http;

    public DirectHttpHandlerTests()
    {
        _listener.Start();
        _http = new HttpClient(new DirectHttpHandler(() => throw new NotSupportedException()))
        {
            BaseAddress = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}"),
        };
    }

    [Fact]
    public async Task A_body_of_known_length_and_the_next_request_on_the_same_connection()
    {
        var served = ServeAsync(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\nWarning: 299 - \"old\"\r\n\r\ngone");
        Assert.Equal("hello", await Get("/a?x=1"));
        using var second = await Send("/b");
        Assert.Equal(HttpStatusCode.NotFound, second.StatusCode);
        Assert.Equal("Not Found", second.ReasonPhrase);
        Assert.Equal("299 - \"old\"", second.Headers.GetValues("Warning").Single());
        Assert.Equal("gone", await second.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        var requests = await served;
        Assert.StartsWith("GET /a?x=1 HTTP/1.1\r\nHost: 127.0.0.1:", requests[0], StringComparison.Ordinal);
        Assert.StartsWith("GET /b HTTP/1.1\r\n", requests[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chunks_are_joined_and_trailers_passed_over()
    {
        var served = ServeAsync(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;ext=1\r\n0123456789\r\n0\r\nX-Trailer: y\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        Assert.Equal("abc0123456789", await Get("/"));
        Assert.Equal("ok", await Get("/"));
        Assert.Equal(2, (await served).Count);
    }

    [Fact]
    public async Task A_body_without_length_ends_with_the_connection()
    {
        var served = ServeAsync("HTTP/1.1 200 OK\r\n\r\nuntil the end");
        Assert.Equal("until the end", await Get("/"));
        await served;
    }

    [Fact]
    public async Task Headers_with_several_values_stay_apart_and_bodies_carry_their_length()
    {
        var served = ServeAsync("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/x") { Content = KubeTransport.Body("{}"u8.ToArray(), "application/json") };
        request.Headers.TryAddWithoutValidation("Impersonate-Group", ["one", "two"]);
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var sent = (await served)[0];
        Assert.Contains("Impersonate-Group: one\r\nImpersonate-Group: two\r\n", sent, StringComparison.Ordinal);
        Assert.Contains("Content-Type: application/json\r\nContent-Length: 2\r\n", sent, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n{}", sent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")]
    [InlineData("SSH-2.0-OpenSSH\r\n")]
    [InlineData("")]
    public async Task A_broken_answer_is_an_error(string answer)
    {
        var served = ServeAsync(answer);
        await Assert.ThrowsAnyAsync<Exception>(() => Get("/"));
        await served;
    }

    [Fact]
    public async Task A_follower_reads_what_is_there_and_can_be_cancelled()
    {
        using var stop = new CancellationTokenSource();
        var served = ServeAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nline\n\r\n", keepOpen: stop.Token);
        using var response = await Send("/watch");
        await using var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        var buffer = new byte[100];
        Assert.Equal(5, await body.ReadAsync(buffer, TestContext.Current.CancellationToken));
        using var enough = new CancellationTokenSource();
        var next = body.ReadAsync(buffer, enough.Token);
        Assert.False(next.IsCompleted);
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
        await stop.CancelAsync();
        await served;
    }

    [Fact]
    public async Task Nobody_listening_is_said_with_the_address()
    {
        _listener.Stop();
        var e = await Assert.ThrowsAsync<HttpRequestException>(() => Get("/"));
        Assert.Contains("127.0.0.1:", e.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _http.Dispose();
        _listener.Dispose();
    }

    private async Task<string> Get(string path)
    {
        using var response = await Send(path);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private Task<HttpResponseMessage> Send(string path) =>
        _http.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

    /// <summary>Takes one connection, gives each request its answer in turn, and returns the requests.</summary>
    private Task<List<string>> ServeAsync(params string[] answers) => ServeAsync(answers, default);

    private Task<List<string>> ServeAsync(string answer, CancellationToken keepOpen) => ServeAsync([answer], keepOpen);

    // The handler blocks the caller's thread while it waits for a head: the peer needs one of its own.
    private Task<List<string>> ServeAsync(string[] answers, CancellationToken keepOpen) => Task.Factory.StartNew(
        () =>
        {
            using var client = _listener.AcceptSocket();
            var requests = new List<string>();
            foreach (var answer in answers)
            {
                requests.Add(ReadRequest(client));
                client.Send(Encoding.Latin1.GetBytes(answer));
            }

            if (keepOpen.CanBeCanceled)
            {
                keepOpen.WaitHandle.WaitOne(TimeSpan.FromSeconds(30));
            }

            return requests;
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    private static string ReadRequest(Socket client)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (true)
        {
            var head = text.ToString();
            var end = head.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0 && (!head.Contains("Content-Length: 2", StringComparison.Ordinal) || head.Length >= end + 6))
            {
                return head;
            }

            text.Append(Encoding.Latin1.GetString(buffer, 0, client.Receive(buffer)));
        }
    }
}
