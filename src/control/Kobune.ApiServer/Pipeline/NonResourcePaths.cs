using Kobune.Api;
using Kobune.ApiServer.Discovery;

namespace Kobune.ApiServer.Pipeline;

/// <summary>All paths that are no resources: discovery, OpenAPI, health, version, metrics.</summary>
internal sealed class NonResourcePaths(DiscoveryDocuments discovery, OpenApiDocuments openApi, HealthChecks health, ServerMetrics metrics, ApiServerServices services)
{
    public Task HandleAsync(ApiRequest request)
    {
        var path = request.Info.Path.Length > 1 ? request.Info.Path.TrimEnd('/') : request.Info.Path;
        if (request.Http.Request.Method is not ("GET" or "HEAD"))
        {
            throw IsKnown(path)
                ? new KubeStatusException(new Kobune.Api.Meta.V1.Status { Result = "Failure", Code = 405, Reason = StatusReason.MethodNotAllowed, Message = "the server does not allow this method on the requested resource", Details = new() })
                : StatusErrors.NoSuchPath();
        }

        return path switch
        {
            "/version" => Responses.JsonAsync(request, 200, ServerVersion.Document, new Accepted(Encoding.Json, Form.Object, true, new Dictionary<string, string>())),
            "/" or "" => Responses.JsonAsync(request, 200, discovery.RootPaths(), MediaTypes.Negotiate(request.Http.Request, false)),
            "/healthz" or "/livez" or "/readyz" => health.HandleAsync(request, path, null),
            "/metrics" => metrics.HandleAsync(request),
            "/.well-known/openid-configuration" => Responses.BytesAsync(request, 200, MediaTypes.Json, OpenIdConfiguration()),
            "/openid/v1/jwks" => Responses.BytesAsync(request, 200, "application/jwk-set+json", services.Options.JsonWebKeySet?.Invoke() ?? "{\"keys\":[]}"u8.ToArray()),
            "/openapi/v2" => openApi.V2Async(request),
            "/openapi/v3" => openApi.V3IndexAsync(request),
            _ => Deeper(request, path),
        };
    }

    private Task Deeper(ApiRequest request, string path)
    {
        if (path == "/api" || path == "/apis" || path.StartsWith("/api/", StringComparison.Ordinal) || path.StartsWith("/apis/", StringComparison.Ordinal))
        {
            return discovery.HandleAsync(request, path);
        }

        if (path.StartsWith("/openapi/v3/", StringComparison.Ordinal))
        {
            return openApi.V3Async(request, path["/openapi/v3/".Length..]);
        }

        foreach (var root in HealthChecks.Roots)
        {
            if (path.StartsWith(root, StringComparison.Ordinal) && path[root.Length] == '/')
            {
                return health.HandleAsync(request, root, path[(root.Length + 1)..]);
            }
        }

        throw StatusErrors.NoSuchPath();
    }

    private static bool IsKnown(string path) => path is "/version" or "/healthz" or "/livez" or "/readyz" or "/metrics" or "/api" or "/apis" or "/openapi/v2" or "/openapi/v3";

    private byte[] OpenIdConfiguration()
    {
        var issuer = services.Options.ServiceAccountIssuer;
        var keys = issuer.StartsWith("https://kubernetes.default.svc", StringComparison.Ordinal) ? "https://kubernetes.default.svc/openid/v1/jwks" : issuer + "/openid/v1/jwks";
        return System.Text.Encoding.UTF8.GetBytes($"{{\"issuer\":\"{issuer}\",\"jwks_uri\":\"{keys}\",\"response_types_supported\":[\"id_token\"],\"subject_types_supported\":[\"public\"],\"id_token_signing_alg_values_supported\":[\"RS256\",\"ES256\"]}}");
    }
}
