using Kobune.Api;
using Kobune.ApiServer.Pipeline;
using Kobune.Runtime.Metrics;
using Microsoft.AspNetCore.Http;

namespace Kobune.ApiServer.Streaming;

/// <summary>Forwards a plain request and streams the answer as it comes: logs, and proxied pages.</summary>
internal static class HttpForward
{
    private static readonly HashSet<string> NotForwarded = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Host", "Authorization", "Content-Length",
    };

    private static readonly Counter Sent = MetricRegistry.Process.Counter("rest_client_requests_total", "Number of HTTP requests, partitioned by status code, method, and host.", "code", "host", "method");

    public static async Task RunAsync(ApiRequest request, ConnectTarget target, KubeletConnections connections, bool proxy)
    {
        var from = request.Http.Request;
        using var message = new HttpRequestMessage(new HttpMethod(from.Method), target.Uri);
        if (proxy)
        {
            CopyRequest(from, message);
        }

        HttpResponseMessage answer;
        try
        {
            answer = await connections.ClientFor(target).SendAsync(message, HttpCompletionOption.ResponseHeadersRead, request.Aborted).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            Sent.Add(1, "<error>", target.Authority, from.Method);
            throw proxy
                ? StatusErrors.ServiceUnavailable($"error trying to reach service: {e.Message}")
                : StatusErrors.InternalError($"Get \"{target.Uri}\": {e.Message}");
        }

        using (answer)
        {
            Sent.Add(1, ((int)answer.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture), target.Authority, from.Method);
            if (!proxy && !answer.IsSuccessStatusCode)
            {
                await KubeletErrorAsync(request, answer).ConfigureAwait(false);
                return;
            }

            await AnswerAsync(request, answer, target, proxy).ConfigureAwait(false);
        }
    }

    private static void CopyRequest(HttpRequest from, HttpRequestMessage message)
    {
        if (from.ContentLength > 0 || from.Headers.TransferEncoding.Count > 0)
        {
            message.Content = new StreamContent(from.Body);
        }

        foreach (var (name, values) in from.Headers)
        {
            if (!NotForwarded.Contains(name) && !name.StartsWith("Impersonate-", StringComparison.OrdinalIgnoreCase) && !name.StartsWith(':')
                && !message.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            {
                message.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        message.Headers.TryAddWithoutValidation("X-Forwarded-Uri", from.Path.Value);
        message.Headers.TryAddWithoutValidation("X-Forwarded-Host", from.Host.Value);
        message.Headers.TryAddWithoutValidation("X-Forwarded-Proto", "https");
    }

    /// <summary>The kubelet's plain text becomes a Status.</summary>
    private static async Task KubeletErrorAsync(ApiRequest request, HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync(request.Aborted).ConfigureAwait(false);
        var code = (int)answer.StatusCode;
        throw code switch
        {
            400 => StatusErrors.BadRequest(text.Trim()),
            404 => new KubeStatusException(new Kobune.Api.Meta.V1.Status { Result = "Failure", Code = 404, Reason = StatusReason.NotFound, Message = $"the server could not find the requested resource ({text.Trim()})" }),
            _ => StatusErrors.InternalError(text.Trim()),
        };
    }

    private static async Task AnswerAsync(ApiRequest request, HttpResponseMessage answer, ConnectTarget target, bool proxy)
    {
        var to = request.Http.Response;
        to.StatusCode = (int)answer.StatusCode;
        if (proxy)
        {
            to.Headers.Remove("Cache-Control");
            foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
            {
                if (!NotForwarded.Contains(name))
                {
                    to.Headers[name] = values.ToArray();
                }
            }

            var prefix = ProxyLinks.PrefixOf(request.Info.Path, request.Info.Tail);
            if (answer.Headers.Location is { } location)
            {
                to.Headers.Location = ProxyLinks.Location(location.OriginalString, prefix, target);
            }

            if (ProxyLinks.IsPage(answer) && request.Http.Request.Method != "HEAD")
            {
                await PageAsync(request, answer, prefix, target).ConfigureAwait(false);
                return;
            }
        }
        else
        {
            to.ContentType = "text/plain";
        }

        var body = await answer.Content.ReadAsStreamAsync(request.Aborted).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            // A follower of a log must see its head before the first line exists.
            await to.BodyWriter.FlushAsync(request.Aborted).ConfigureAwait(false);
            while (true)
            {
                var read = await body.ReadAsync(to.BodyWriter.GetMemory(16 * 1024), request.Aborted).ConfigureAwait(false);
                if (read == 0)
                {
                    return;
                }

                to.BodyWriter.Advance(read);
                await to.BodyWriter.FlushAsync(request.Aborted).ConfigureAwait(false);
            }
        }
    }

    private static async Task PageAsync(ApiRequest request, HttpResponseMessage answer, string prefix, ConnectTarget target)
    {
        var body = await answer.Content.ReadAsStreamAsync(request.Aborted).ConfigureAwait(false);
        var page = await ProxyLinks.RewriteAsync(body, answer.Content.Headers.ContentEncoding.Contains("gzip"), prefix, target, request.Aborted).ConfigureAwait(false);
        var to = request.Http.Response;
        to.Headers.Remove("Content-Encoding");
        to.ContentLength = page.Length;
        await to.BodyWriter.WriteAsync(page, request.Aborted).ConfigureAwait(false);
    }
}
