using System.Text.Json.Serialization;

namespace Kobune.ApiServer.Authentication.ServiceAccounts;

/// <summary>The claims of a service-account token, as upstream writes them.</summary>
internal sealed record ServiceAccountClaims
{
    [JsonPropertyName("aud")] public required IReadOnlyList<string> Audiences { get; init; }
    [JsonPropertyName("exp")] public required long ExpiresAt { get; init; }
    [JsonPropertyName("iat")] public required long IssuedAt { get; init; }
    [JsonPropertyName("iss")] public required string Issuer { get; init; }
    [JsonPropertyName("jti")] public string? Id { get; init; }
    [JsonPropertyName("kubernetes.io")] public required KubernetesClaims Kubernetes { get; init; }
    [JsonPropertyName("nbf")] public required long NotBefore { get; init; }
    [JsonPropertyName("sub")] public required string Subject { get; init; }
}

/// <summary>Which account, and what the token is bound to.</summary>
internal sealed record KubernetesClaims
{
    [JsonPropertyName("namespace")] public required string Namespace { get; init; }
    [JsonPropertyName("node")] public ObjectClaim? Node { get; init; }
    [JsonPropertyName("pod")] public ObjectClaim? Pod { get; init; }
    [JsonPropertyName("secret")] public ObjectClaim? Secret { get; init; }
    [JsonPropertyName("serviceaccount")] public required ObjectClaim ServiceAccount { get; init; }
    [JsonPropertyName("warnafter")] public long? WarnAfter { get; init; }
}

internal sealed record ObjectClaim
{
    [JsonPropertyName("name")] public required string Name { get; init; }
    [JsonPropertyName("uid")] public string? Uid { get; init; }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ServiceAccountClaims))]
internal sealed partial class ServiceAccountJson : JsonSerializerContext;
