using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Kobune.Testing.ApiServers;

namespace Kobune.ApiServer.Tests.Https;

/// <summary>Requests as bytes, with the administrator's token unless another is given.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly HttpClient _http;

    public RawClient(TestApiServer server, string? token = TestApiServer.AdminToken)
    {
        _http = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true }, AutomaticDecompression = DecompressionMethods.GZip })
        {
            BaseAddress = new Uri(server.Url),
            Timeout = TimeSpan.FromSeconds(60),
        };
        if (token is not null)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
    }

    public async Task<Answer> SendAsync(string method, string path, byte[]? body = null, string contentType = "application/json", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await _http.SendAsync(request);
        return new Answer((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(), response.Headers, response.Content.Headers.ContentType?.MediaType ?? "");
    }

    public Task<Answer> SendAsync(string method, string path, string body, string contentType = "application/json", params (string Name, string Value)[] headers) =>
        SendAsync(method, path, Encoding.UTF8.GetBytes(body), contentType, headers);

    public Task<Answer> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync("GET", path, (byte[]?)null, headers: headers);

    public void Dispose() => _http.Dispose();

    internal sealed record Answer(int Code, byte[] Body, HttpResponseHeaders Headers, string ContentType)
    {
        public string Text => Encoding.UTF8.GetString(Body);

        public JsonElement Json => JsonSerializer.Deserialize<JsonElement>(Body);

        public string Header(string name) => Headers.TryGetValues(name, out var values) ? string.Join(';', values) : "";
    }
}
