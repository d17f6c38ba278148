using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kobune.ApiServer.Authentication;
using Kobune.ApiServer.Pipeline;

namespace Kobune.ApiServer.Audit;

/// <summary>One line of the audit log: an audit.k8s.io/v1 Event.</summary>
internal static class AuditEvent
{
    private const string Micro = "yyyy-MM-ddTHH:mm:ss.ffffffZ";

    public static byte[] Write(ApiRequest request, AuditRecord record, string stage, DateTimeOffset now)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            var http = request.Http;
            json.WriteStartObject();
            json.WriteString("kind", "Event");
            json.WriteString("apiVersion", "audit.k8s.io/v1");
            json.WriteString("level", record.Level.ToString());
            json.WriteString("auditID", request.AuditId);
            json.WriteString("stage", stage);
            json.WriteString("requestURI", http.Request.Path.Value + http.Request.QueryString.Value);
            json.WriteString("verb", request.Info.Verb);
            User(json, "user", record.User);
            if (record.Impersonated is { } impersonated)
            {
                User(json, "impersonatedUser", impersonated);
            }

            json.WriteStartArray("sourceIPs");
            json.WriteStringValue(http.Connection.RemoteIpAddress is { } ip ? (ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip).ToString() : "");
            json.WriteEndArray();
            json.WriteString("userAgent", http.Request.Headers.UserAgent.ToString());
            Reference(json, request.Info);
            if (stage != "RequestReceived")
            {
                json.WriteStartObject("responseStatus");
                json.WriteStartObject("metadata");
                json.WriteEndObject();
                json.WriteNumber("code", stage == "Panic" ? 500 : http.Response.StatusCode);
                json.WriteEndObject();
            }

            if (stage is not "RequestReceived")
            {
                Body(json, "requestObject", record.RequestBody, record);
                Body(json, "responseObject", record.ResponseBody, record);
            }

            json.WriteString("requestReceivedTimestamp", record.Received.UtcDateTime.ToString(Micro, CultureInfo.InvariantCulture));
            json.WriteString("stageTimestamp", now.UtcDateTime.ToString(Micro, CultureInfo.InvariantCulture));
            Annotations(json, record);
            json.WriteEndObject();
        }

        output.GetSpan(1)[0] = (byte)'\n';
        output.Advance(1);
        return output.WrittenSpan.ToArray();
    }

    private static void User(Utf8JsonWriter json, string name, UserInfo user)
    {
        json.WriteStartObject(name);
        json.WriteString("username", user.Name);
        if (!string.IsNullOrEmpty(user.Uid))
        {
            json.WriteString("uid", user.Uid);
        }

        json.WriteStartArray("groups");
        foreach (var group in user.Groups)
        {
            json.WriteStringValue(group);
        }

        json.WriteEndArray();
        if (user.Extra.Count > 0)
        {
            json.WriteStartObject("extra");
            foreach (var (key, values) in user.Extra)
            {
                json.WriteStartArray(key);
                foreach (var value in values)
                {
                    json.WriteStringValue(value);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Reference(Utf8JsonWriter json, RequestInfo info)
    {
        if (!info.IsResourceRequest)
        {
            return;
        }

        json.WriteStartObject("objectRef");
        Text(json, "resource", info.Resource);
        Text(json, "namespace", info.Namespace);
        Text(json, "name", info.Name);
        Text(json, "apiGroup", info.ApiGroup);
        Text(json, "apiVersion", info.ApiVersion);
        Text(json, "subresource", info.Subresource);
        json.WriteEndObject();
    }

    private static void Text(Utf8JsonWriter json, string name, string value)
    {
        if (value.Length > 0)
        {
            json.WriteString(name, value);
        }
    }

    private static void Annotations(Utf8JsonWriter json, AuditRecord record)
    {
        if (record.Decision is not { } decision)
        {
            return;
        }

        json.WriteStartObject("annotations");
        json.WriteString("authorization.k8s.io/decision", decision);
        json.WriteString("authorization.k8s.io/reason", record.DecisionReason);
        json.WriteEndObject();
    }

    private static void Body(Utf8JsonWriter json, string name, ReadOnlyMemory<byte> body, AuditRecord record)
    {
        if (body.IsEmpty)
        {
            return;
        }

        try
        {
            var node = JsonNode.Parse(body.Span, documentOptions: new JsonDocumentOptions { MaxDepth = 256 });
            if (record.OmitManagedFields && node is JsonObject obj)
            {
                (obj["metadata"] as JsonObject)?.Remove("managedFields");
                foreach (var item in obj["items"] as JsonArray ?? [])
                {
                    (item?["metadata"] as JsonObject)?.Remove("managedFields");
                }
            }

            json.WritePropertyName(name);
            (node ?? JsonValue.Create("")).WriteTo(json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            // A body that is no JSON was refused; the record of the refusal is enough.
        }
    }
}
