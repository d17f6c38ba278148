using System.Text;
using System.Text.Json;
using Kobune.Api;
using Kobune.Api.Meta.V1;

namespace Kobune.Client.Http;

/// <summary>Makes the exception for an answer of 400 and above: the Status in its body, else one put together from its code.</summary>
internal static class StatusErrorReader
{
    public static KubeStatusException Read(int code, byte[] body)
    {
        if (IsStatus(body))
        {
            return new KubeStatusException(KubeJson.Read<Status>(body));
        }

        var text = Encoding.UTF8.GetString(body).Trim();
        return new KubeStatusException(new Status
        {
            Result = "Failure",
            Code = code,
            Reason = Reason(code),
            Message = code == 404 ? "the server could not find the requested resource"
                : code == 401 && text.Length == 0 ? "Unauthorized"
                : text.Length > 0 ? text
                : $"the server responded with the status code {code} but did not return more information",
        });
    }

    public static bool IsStatus(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("kind", out var kind) && kind.ValueEquals("Status");
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string Reason(int code) => code switch
    {
        400 => "BadRequest",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "NotFound",
        405 => "MethodNotAllowed",
        409 => "Conflict",
        410 => "Expired",
        413 => "RequestEntityTooLarge",
        415 => "UnsupportedMediaType",
        422 => "Invalid",
        429 => "TooManyRequests",
        500 => "InternalError",
        503 => "ServiceUnavailable",
        504 => "Timeout",
        _ => "",
    };
}
