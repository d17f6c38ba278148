using System.Buffers;
using Kobune.Api;
using Microsoft.AspNetCore.Http;

namespace Kobune.ApiServer.Pipeline;

/// <summary>Reads a whole request body; Kestrel enforces the size limit.</summary>
internal static class RequestBody
{
    public static async ValueTask<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var reader = request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (read.IsCompleted)
            {
                var bytes = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return bytes;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>The body as JSON, whichever text it came in.</summary>
    /// <exception cref="KubeStatusException">400</exception>
    public static ReadOnlyMemory<byte> ToJson(ReadOnlyMemory<byte> body, Encoding encoding)
    {
        if (encoding != Encoding.Yaml)
        {
            return body;
        }

        try
        {
            return KubeYaml.ToJsonOne(System.Text.Encoding.UTF8.GetString(body.Span));
        }
        catch (Exception e) when (e is FormatException or KubeDecodeException)
        {
            throw StatusErrors.BadRequest("error decoding YAML: " + e.Message);
        }
    }
}
