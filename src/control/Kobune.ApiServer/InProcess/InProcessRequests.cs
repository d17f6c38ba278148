using Kobune.Api;
using Kobune.Api.Meta.V1;
using Kobune.ApiServer.Authentication;
using Microsoft.AspNetCore.Http;

namespace Kobune.ApiServer.InProcess;

/// <summary>Requests by path that never touch a socket: the whole chain answers them, with the caller known beforehand.</summary>
/// <param name="chain">Where every request goes.</param>
internal sealed class InProcessRequests(RequestDelegate chain)
{
    /// <summary>The answer to a GET.</summary>
    /// <exception cref="KubeStatusException">whatever the server answers that is not success</exception>
    public async Task<byte[]> GetAsync(UserInfo user, string path, CancellationToken cancellationToken)
    {
        var query = path.IndexOf('?', StringComparison.Ordinal);
        using var body = new MemoryStream();
        var http = new DefaultHttpContext { RequestAborted = cancellationToken };
        http.Features.Set(new KnownCaller(user));
        http.Request.Method = HttpMethods.Get;
        http.Request.Scheme = "https";
        http.Request.Path = Uri.UnescapeDataString(query < 0 ? path : path[..query]);
        http.Request.QueryString = query < 0 ? QueryString.Empty : new QueryString(path[query..]);
        http.Request.Headers.Accept = "application/json";
        http.Response.Body = body;
        await chain(http).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        await http.Response.BodyWriter.FlushAsync(cancellationToken).ConfigureAwait(false);
        return http.Response.StatusCode is >= 200 and < 300 ? body.ToArray() : throw Failure(http.Response.StatusCode, body.ToArray());
    }

    private static KubeStatusException Failure(int code, byte[] body)
    {
        try
        {
            return new KubeStatusException(KubeJson.Read<Status>(body));
        }
        catch (Exception e) when (e is KubeDecodeException or System.Text.Json.JsonException)
        {
            // Some paths answer in plain text.
            return new KubeStatusException(new Status { Code = code, Message = System.Text.Encoding.UTF8.GetString(body) });
        }
    }
}

/// <summary>Who is asking, put beside a request by the process itself: nothing that arrives over the network can.</summary>
internal sealed record KnownCaller(UserInfo User);
