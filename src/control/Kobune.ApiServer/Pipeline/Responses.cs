using System.Buffers;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Kobune.Api;
using Kobune.Api.Meta.V1;
using Microsoft.AspNetCore.Http;

namespace Kobune.ApiServer.Pipeline;

/// <summary>Writes whole bodies: heads, errors, compression.</summary>
internal static class Responses
{
    /// <summary>Smaller bodies are not worth compressing on a local network.</summary>
    private const int GzipThreshold = 128 * 1024;
    private const int MaxWarnings = 30;

    public static async Task ErrorAsync(ApiRequest request, Status status)
    {
        var http = request.Http;
        if (http.Response.HasStarted)
        {
            // Part of an answer is out already: the only honest thing left is to break the connection.
            http.Abort();
            return;
        }

        if (status.Details?.RetryAfterSeconds is > 0 and var seconds)
        {
            http.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        if (status.Code == 401)
        {
            http.Response.Headers.WWWAuthenticate = "Bearer realm=\"kubernetes\"";
        }

        Accepted accepted;
        try
        {
            accepted = MediaTypes.Negotiate(http.Request);
        }
        catch (KubeStatusException)
        {
            accepted = new Accepted(Encoding.Json, Form.Object, false, new Dictionary<string, string>());
        }

        await StatusAsync(request, status, status.Code == 0 ? 500 : status.Code, accepted).ConfigureAwait(false);
    }

    public static Task StatusAsync(ApiRequest request, Status status, int code, Accepted accepted) =>
        accepted.Encoding == Encoding.Protobuf
            ? BytesAsync(request, code, MediaTypes.Protobuf, KubeProto.Write(status, "v1", "Status"))
            : JsonAsync(request, code, KubeJson.Write(status), accepted);

    /// <summary>A JSON document, as it is, indented, or as YAML.</summary>
    public static Task JsonAsync(ApiRequest request, int code, ReadOnlyMemory<byte> json, Accepted accepted)
    {
        if (request.Audit is { WantsResponse: true } audit)
        {
            audit.ResponseBody = json;
        }

        if (accepted.Encoding == Encoding.Yaml)
        {
            return BytesAsync(request, code, MediaTypes.Yaml, System.Text.Encoding.UTF8.GetBytes(KubeYaml.FromJson(json.Span)));
        }

        return BytesAsync(request, code, MediaTypes.Json, accepted.Pretty ? Indent(json) : json);
    }

    public static async Task BytesAsync(ApiRequest request, int code, string contentType, ReadOnlyMemory<byte> body)
    {
        var response = request.Http.Response;
        response.StatusCode = code;
        response.ContentType = contentType;
        Warn(request);
        if (request.Http.Request.Method == "HEAD")
        {
            response.ContentLength = body.Length;
            return;
        }

        if (body.Length > GzipThreshold && WantsGzip(request))
        {
            await using var gzip = Gzip(request);
            await gzip.WriteAsync(body, request.Aborted).ConfigureAwait(false);
            return;
        }

        response.ContentLength = body.Length;
        await response.BodyWriter.WriteAsync(body, request.Aborted).ConfigureAwait(false);
    }

    public static bool WantsGzip(ApiRequest request)
    {
        foreach (var value in request.Http.Request.Headers.AcceptEncoding)
        {
            if (value is not null && value.Contains("gzip", StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A stream that compresses into the response; its head is set for it.</summary>
    public static Stream Gzip(ApiRequest request)
    {
        var response = request.Http.Response;
        response.Headers.ContentEncoding = "gzip";
        response.Headers.Vary = "Accept-Encoding";
        return new GZipStream(response.BodyWriter.AsStream(leaveOpen: true), CompressionLevel.Fastest);
    }

    /// <summary>Warning headers: code 299, no agent, quoted text, each text once.</summary>
    public static void Warn(ApiRequest request)
    {
        if (request.Warnings.Count == 0)
        {
            return;
        }

        var values = new List<string>();
        foreach (var text in request.Warnings)
        {
            var value = "299 - \"" + Quote(text) + "\"";
            if (values.Count < MaxWarnings && !values.Contains(value))
            {
                values.Add(value);
            }
        }

        request.Http.Response.Headers.Warning = values.ToArray();
    }

    public static byte[] Indent(ReadOnlyMemory<byte> json)
    {
        var output = new ArrayBufferWriter<byte>(json.Length * 2);
        using (var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 1024 }))
        using (var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            document.RootElement.WriteTo(writer);
        }

        output.Write("\n"u8);
        return output.WrittenSpan.ToArray();
    }

    private static string Quote(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (c is '"' or '\\')
            {
                result.Append('\\');
            }

            result.Append(c is < ' ' or > '~' ? ' ' : c);
        }

        return result.ToString();
    }
}
