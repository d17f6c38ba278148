using System.Globalization;
using System.Text;
using Kobune.Api.Core.V1;

namespace Kobune.Controllers.Bootstrap;

/// <summary>The Secrets in kube-system with which machines join: bootstrap.kubernetes.io/token.</summary>
internal static class BootstrapTokens
{
    public const string Namespace = "kube-system";
    public const string Selection = "type=bootstrap.kubernetes.io/token";
    private const string NamePrefix = "bootstrap-token-";

    /// <summary>The token's id and secret, or null when the Secret is none or has run out.</summary>
    public static (string Id, string Secret)? Read(Secret secret, DateTimeOffset now)
    {
        var id = Text(secret, "token-id");
        var key = Text(secret, "token-secret");
        return secret.Type == "bootstrap.kubernetes.io/token" && secret.Metadata.DeletionTimestamp is null && id.Length > 0 && key.Length > 0
            && secret.Name == NamePrefix + id && !(ExpiresAt(secret) <= now) ? (id, key) : null;
    }

    public static bool MaySign(Secret secret) => Text(secret, "usage-bootstrap-signing") == "true";

    /// <summary>When it runs out; null when never.</summary>
    public static DateTimeOffset? ExpiresAt(Secret secret) =>
        DateTimeOffset.TryParse(Text(secret, "expiration"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    private static string Text(Secret secret, string key) => secret.Data.TryGetValue(key, out var value) ? Encoding.UTF8.GetString(value) : "";
}
